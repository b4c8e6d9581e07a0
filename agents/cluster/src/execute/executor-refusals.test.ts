// What the executor does when its writes are refused: it says why, in the API server's words and where people look, tries
// again at a bounded rate, and lets nothing else wait for it.

import { describe, expect, test } from "vitest";
import { resources } from "../kube/resource.ts";
import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import type { FakeApiServer, FakeWrite } from "../kube/testing/fake-api-server.ts";
import { FakeRefusal } from "../kube/testing/fake-objects.ts";
import { eventually } from "../kube/testing/wait.ts";
import { apiServerForm, executorBench } from "./testing/bench.ts";
import { importBench } from "./testing/import-bench.ts";
import { reachFact } from "./testing/test-view.ts";

let fake: FakeApiServer;
const the = executorBench(async (namespace) => {
  fake = await startFakeApiServer({ crds: "missing" });
  return apiServerForm(fake, namespace);
});
const web = importBench(the);

const imports = "multicluster.x-k8s.io/serviceimports";
const slices = "discovery.k8s.io/endpointslices";

/** Refuses writes of this kind by this method. */
function deny(
  method: string,
  collection: string,
  refusal: FakeRefusal,
  part: FakeWrite["part"] = "object",
): { times: number[]; lift: () => void } {
  const times: number[] = [];
  const lift = fake.deny((write) => {
    if (write.method !== method || write.collection !== collection || write.part !== part) return undefined;
    times.push(performance.now());
    return refusal;
  });
  return { times, lift };
}

const findingsOf = (reason: string): readonly string[] =>
  the()
    .executor.findings()
    .filter((finding) => finding.reason === reason)
    .map(({ message }) => message);

const readyMessage = async (): Promise<string> => {
  const conditions = (await web.serviceImport())?.["status"]?.conditions as { message: string }[];
  return conditions[0]?.message ?? "";
};

describe("a write that is denied", () => {
  const quota = "exceeded quota: small, requested: services=1, used: services=5, limited: services=5";

  test("by a quota: condition, Event and finding have the API server's words, until it is let through (MCS 20)", async () => {
    const { times, lift } = deny("POST", "services", new FakeRefusal(403, "Forbidden", quota));
    await web.makeNamespace();
    web.publish();
    await eventually("the condition", async () => (await web.ready()) === "False Failed");
    expect(await readyMessage()).toContain(quota);
    expect(await readyMessage()).toContain(`Raise the ResourceQuota of namespace "${the().namespace}"`);
    await eventually("the Event", async () => (await web.notes("WriteFailed")).length === 1);
    expect((await web.notes("WriteFailed"))[0]).toContain(quota);
    expect(findingsOf("WriteFailed")[0]).toContain(quota);
    expect(await web.ips()).toEqual([]);
    // Waits double: six of them, each at least half of its step, are 630 ms.
    await eventually("seven attempts", () => times.length >= 7);
    expect((times[6] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(300);
    expect(await web.notes("WriteFailed")).toHaveLength(1);
    lift();
    await eventually("the address", async () => (await web.ips()).length === 1);
    await eventually("the condition", async () => (await web.ready()) === "True Ready");
    expect(the().executor.findings()).toEqual([]);
  });

  test("holds no loss up, and an import that has an address keeps it (MCS 21)", async () => {
    await web.imported();
    const before = await web.ips();
    const { lift } = deny("POST", "services", new FakeRefusal(403, "Forbidden", quota));
    await the().kube.remove(resources.services, the().namespace, (await web.derived())?.metadata.name ?? "");
    web.publish({}, reachFact([1, 2], [2]));
    await eventually("the loss", async () => {
      const [slice] = await web.slices();
      return slice?.["endpoints"][1].conditions.ready === false;
    });
    await eventually("the condition", async () => (await web.ready()) === "False Failed");
    expect(await web.ips()).toEqual(before);
    lift();
    await eventually("the condition", async () => (await web.ready()) === "True Ready");
    expect((await web.derived())?.["spec"].clusterIPs).toEqual(before);
  });

  test("by admission: people are told of an import that does not exist, with the cure (MCS 20)", async () => {
    const words = 'admission webhook "policy.example.org" denied the request: no imports today';
    const { lift } = deny("POST", imports, new FakeRefusal(400, "BadRequest", words));
    await web.makeNamespace();
    web.publish();
    await eventually("the Event", async () => (await web.notes("WriteFailed")).length === 1);
    expect((await web.notes("WriteFailed"))[0]).toContain(words);
    expect(findingsOf("WriteFailed")).toHaveLength(1);
    lift();
    await eventually("the condition", async () => (await web.ready()) === "True Ready");
  });

  const full = "Internal error occurred: failed to allocate a serviceIP: range is full";

  test("by a service range that is full: slices and import are there, and people are told (MCS 20)", async () => {
    const { times, lift } = deny("POST", "services", new FakeRefusal(500, "InternalError", full));
    await web.makeNamespace();
    web.publish();
    await eventually("the condition", async () => (await web.ready()) === "False Failed");
    expect(await readyMessage()).toContain(full);
    expect(await readyMessage()).toContain("another service range (a ServiceCIDR)");
    expect(await web.slices()).toHaveLength(1);
    await eventually("the Event", async () => (await web.notes("WriteFailed")).length === 1);
    expect((await web.notes("WriteFailed"))[0]).toContain(full);
    await eventually("seven attempts", () => times.length >= 7);
    expect((times[6] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(300);
    expect(await web.notes("WriteFailed")).toHaveLength(1);
    lift();
    await eventually("the condition", async () => (await web.ready()) === "True Ready");
    expect(await web.ips()).toHaveLength(1);
    expect(the().executor.findings()).toEqual([]);
  });

  test("by a webhook that is down: whatever it does not ask about is written, losses too (MCS 20)", async () => {
    const words = `Internal error occurred: failed calling webhook "policy.example.org": failed to call webhook: Post "https://policy.default.svc:443/": connection refused`;
    const down = new FakeRefusal(500, "InternalError", words);
    await web.imported({}, reachFact([1], []));
    const { lift } = deny("PUT", imports, down);
    const services = deny("PUT", "services", down);
    web.publish({ sessionAffinity: "ClientIP", sessionAffinityTimeoutSeconds: 10 }, reachFact([1], [1]));
    await eventually(
      "the loss",
      async () => (await web.slices())[0]?.["endpoints"][0].conditions.ready === false,
    );
    await eventually("the condition", async () => (await web.ready()) === "False Failed");
    expect(await readyMessage()).toContain('Bring the service behind webhook "policy.example.org" back');
    await eventually("the Event", async () => (await web.notes("WriteFailed")).length === 1);
    services.lift();
    lift();
    await eventually("the condition", async () => (await web.ready()) === "True Ready");
    expect((await web.serviceImport())?.["spec"].sessionAffinity).toBe("ClientIP");
  });

  test("by a webhook that is down, of slices: the import has its address (MCS 20)", async () => {
    const words =
      'Internal error occurred: failed calling webhook "policy.example.org": no endpoints available';
    const { lift } = deny("POST", slices, new FakeRefusal(500, "InternalError", words));
    await web.makeNamespace();
    web.publish();
    await eventually("the condition", async () => (await web.ready()) === "False Failed");
    expect(await web.ips()).toHaveLength(1);
    lift();
    await eventually("the condition", async () => (await web.ready()) === "True Ready");
    expect(await web.slices()).toHaveLength(1);
  });

  test("by missing rights: the export's Event says it, and the conditions follow when they are given (MCS 27)", async () => {
    const { kube, namespace } = the();
    const exports = "multicluster.x-k8s.io/serviceexports";
    const words = 'User "agent" cannot patch resource "serviceexports/status"';
    const { lift } = deny("PATCH", exports, new FakeRefusal(403, "Forbidden", words), "status");
    await web.makeNamespace();
    await kube.create(resources.serviceExports, namespace, "web");
    await eventually("the Event", async () => (await web.notes("WriteFailed")).length === 1);
    expect((await web.notes("WriteFailed"))[0]).toContain(
      'Allow "patch" on serviceexports/status.multicluster.x-k8s.io',
    );
    expect(findingsOf("WriteFailed")).toHaveLength(1);
    lift();
    await eventually("the conditions", async () => {
      const found = await kube.get(resources.serviceExports, namespace, "web");
      return found?.["status"]?.conditions?.length === 3;
    });
    await eventually("the finding to go", () => the().executor.findings().length === 0);
  });
});

describe("somebody else's objects", () => {
  test("an import of the name: nothing of ours stays, people are told at it, and when it goes ours comes at once (MCS 18)", async () => {
    const { kube, namespace, executor } = the();
    await web.makeNamespace();
    const spec = { type: "Headless", ports: [] };
    const theirs = await kube.create(resources.serviceImports, namespace, "web", { spec });
    the().writes();
    web.publish();
    await eventually("the Event", async () => (await web.notes("ObjectNotOurs")).length === 1);
    const [event] = (await kube.list(resources.events, namespace)).filter(
      (each) => each["reason"] === "ObjectNotOurs",
    );
    expect(event?.["regarding"]).toMatchObject({
      kind: "ServiceImport",
      name: "web",
      uid: theirs.metadata.uid,
    });
    expect(event?.["note"]).toContain(`${namespace}/web exists and is not Sealane's`);
    expect(event?.["note"]).toContain("Delete or rename it");
    await eventually("nothing of ours to be there", async () => (await web.derived()) === undefined);
    expect(await web.slices()).toEqual([]);
    expect((await web.serviceImport())?.metadata.resourceVersion).toBe(theirs.metadata.resourceVersion);
    await kube.remove(resources.serviceImports, namespace, "web");
    await eventually("ours", async () => (await web.ips()).length === 1);
    await eventually("the finding to go", () => executor.findings().length === 0);
  });

  test("an import of the name that is known costs no write (MCS 18)", async () => {
    const { kube, namespace } = the();
    await web.makeNamespace();
    const theirs = await kube.create(resources.serviceImports, namespace, "web", {
      spec: { type: "Headless", ports: [] },
    });
    await the().restart();
    the().writes();
    web.publish();
    await eventually("the Event", async () => (await web.notes("ObjectNotOurs")).length === 1);
    the().executor.touchAll();
    await eventually("the finding", () => findingsOf("ObjectNotOurs").length === 1);
    expect(
      the()
        .writes()
        .filter((each) => !each.includes("/events")),
    ).toEqual([]);
    expect((await web.serviceImport())?.metadata.resourceVersion).toBe(theirs.metadata.resourceVersion);
  });

  test("a slice in the way is named and left alone, and the others are made (MCS 40)", async () => {
    await web.imported({}, reachFact([]));
    const { kube, namespace } = the();
    const name = `${(await web.derived())?.metadata.name}-a-ipv4-1`;
    const labels = { "multicluster.kubernetes.io/service-name": "web" };
    const rest = { addressType: "IPv4", endpoints: [], ports: [] };
    const theirs = await kube.create(resources.endpointSlices, namespace, name, rest, { labels });
    web.publish();
    await eventually("the condition", async () => (await web.ready()) === "False Failed");
    expect(await readyMessage()).toContain(`${namespace}/${name} exists and is not Sealane's`);
    const after = await kube.get(resources.endpointSlices, namespace, name);
    expect(after?.metadata.resourceVersion).toBe(theirs.metadata.resourceVersion);
    await eventually("the Event", async () => (await web.notes("ObjectNotOurs")).length === 1);
  });
});

describe("a namespace that goes", () => {
  const going = (): FakeRefusal =>
    new FakeRefusal(
      403,
      "Forbidden",
      `unable to create new content in namespace ${the().namespace} because it is being terminated`,
    );

  test("before its watch says so: one refusal, and no more attempts, findings or Events (MCS 16)", async () => {
    const { times, lift } = deny("POST", "services", going());
    const later = deny("POST", slices, going());
    await web.makeNamespace();
    web.publish();
    await eventually("the refusal", () => times.length > 0);
    await the().settled();
    expect(times.length).toBeLessThanOrEqual(2);
    expect(the().executor.findings()).toEqual([]);
    expect(await web.notes("WriteFailed")).toEqual([]);
    lift();
    later.lift();
    await the().kube.remove(resources.namespaces, "", the().namespace);
    await web.makeNamespace();
    await eventually("the import", async () => (await web.ips()).length === 1);
  });

  test("everything in it goes without us in the way, and comes with it again as new (MCS 16)", async () => {
    await web.imported();
    const { kube, namespace } = the();
    const kinds = [resources.serviceImports, resources.endpointSlices, resources.services];
    const objects = (await Promise.all(kinds.map((kind) => kube.list(kind, namespace)))).flat();
    expect(objects).toHaveLength(3);
    for (const { metadata } of objects) expect(metadata).not.toHaveProperty("finalizers");
    await kube.patch(resources.namespaces, "", namespace, {
      metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" },
    });
    for (const kind of kinds)
      for (const { metadata } of await kube.list(kind, namespace))
        await kube.remove(kind, namespace, metadata.name);
    await kube.remove(resources.namespaces, "", namespace);
    await the().settled();
    expect(the().writes()).toEqual([]);
    await web.makeNamespace();
    await eventually("the import", async () => (await web.ready()) === "True Ready");
    await the().settled();
    expect(await web.notes("EditedByHand")).toEqual([]);
  });
});
