// Everything that Sealane owns, edited and deleted by hand: each is put back within five seconds, with an Event that
// names the object and the field. What is not Sealane's stays as somebody left it, and a fight becomes no storm.

import { beforeAll, describe, expect, it } from "vitest";
import { birdSocket, outputOn, sealaneInclude, waitFor, waitUntil } from "../lab/index.ts";
import type { Lab, LabCluster, Machine } from "../lab/index.ts";
import { findings, get, handsOnObjects, handsOnTexts, objectsOf, repairs } from "./hands.ts";
import type { Edit } from "./hands.ts";
import {
  applyText,
  clusterOf,
  kubectl,
  nextHops,
  openStory,
  rollOut,
  serviceAddresses,
  shop,
} from "./story.ts";
import { webManifest } from "./workloads.ts";

const repairedMsMax = 5_000;
const name = "touched";
const system = "sealane-system";
const originateFile = "/run/sealane/bird/originate.conf";

let lab: Lab;
let a: LabCluster;
let b: LabCluster;
let node: Machine;
let address: string;
const place = () => ({ a, b, node });
const { edited, deleted } = handsOnObjects(place);
const { derived, slice, editCondition } = objectsOf(place, name);
const { corefile, file, getCorefile, setCorefile } = handsOnTexts(place);

beforeAll(async () => {
  lab = await openStory();
  a = clusterOf(lab, "a");
  b = clusterOf(lab, "b");
  const [first] = b.nodes;
  if (first === undefined) throw new Error("b has no node");
  node = first;
  await rollOut(a, name, webManifest(name, ["a1", "a2"]));
  address = (await serviceAddresses(a, name))[0] ?? "";
  await waitUntil({ what: `b to import ${name} and to have its route`, timeoutMs: 60_000 }, async () => {
    const imported = await get(b, "serviceimport", name, "{.status.conditions[0].status}");
    return imported === "True" && (await nextHops(node, address)).length === 2;
  });
});

describe("an edit by hand", () => {
  const edits: readonly Edit[] = [
    edited(
      "serviceimport",
      () => name,
      { spec: { sessionAffinity: "ClientIP" } },
      /spec\.sessionAffinity/,
      "{.spec}",
    ),
    edited(
      "serviceimport",
      () => name,
      { metadata: { labels: { "app.kubernetes.io/managed-by": "me" } } },
      /managed-by/,
      "{.metadata.labels}",
    ),
    deleted("serviceimport", () => name, "{.spec}"),
    edited("service", derived, { spec: { sessionAffinity: "ClientIP" } }, /spec\.sessionAffinity/, "{.spec}"),
    edited("service", derived, { spec: { selector: { app: "other" } } }, /spec\.selector/, "{.spec}"),
    deleted("service", derived, "{.spec}"),
    edited("endpointslice", slice, { endpoints: [] }, /endpoints/, "{.endpoints}"),
    edited(
      "endpointslice",
      slice,
      { ports: [{ name: "http", port: 1, protocol: "TCP" }] },
      /ports/,
      "{.ports}",
    ),
    deleted("endpointslice", slice, "{.endpoints}"),
    {
      what: "a condition of a ServiceExport, edited",
      field: /status\.conditions\[type=Ready\]\.message/,
      object: /ServiceExport shop\/touched/,
      cluster: () => a,
      edit: () => editCondition((each) => (each.type === "Ready" ? { ...each, message: "edited" } : each)),
      look: () => get(a, "serviceexport", name, "{.status.conditions[*].message}"),
    },
    {
      what: "the conditions of a ServiceExport, deleted",
      field: /status\.conditions\[type=Valid\]/,
      object: /ServiceExport shop\/touched/,
      cluster: () => a,
      edit: () => editCondition(() => undefined),
      look: () => get(a, "serviceexport", name, "{.status.conditions[*].reason}"),
    },
    corefile(
      "the stub in the Corefile, edited",
      "kube-system",
      "coredns",
      /forward \. 192\.0\.2\.1/,
      (text) => text.replace(/(mesh\.example:53[\s\S]*?forward \. )[^\n{]*/, "$1192.0.2.1 "),
    ),
    corefile(
      "the stub in the Corefile, deleted",
      "kube-system",
      "coredns",
      /our block in data\.Corefile was deleted/,
      (text) => text.replace(/mesh\.example:53[\s\S]*?\n\}\n?/, ""),
    ),
    corefile("mesh-dns-peers, edited", system, "mesh-dns-peers", /max_fails 9/, (text) =>
      text.replace("max_fails 1", "max_fails 9"),
    ),
    corefile("mesh-dns-front, edited", system, "mesh-dns-front", /ttl 4/, (text) =>
      text.replace("ttl 5", "ttl 4"),
    ),
    file("BIRD's include, edited", sealaneInclude, /sealane\.conf: line \d+ .* was changed/, [
      ...["sed", "-i", "s/^  route .*/  # no route/", sealaneInclude],
    ]),
    file("BIRD's include, deleted", sealaneInclude, /sealane\.conf: the file was deleted/, [
      "rm",
      sealaneInclude,
    ]),
    file("BIRD's originating file, edited", originateFile, /originate\.conf: line \d+ .* was changed/, [
      ...["sed", "-i", "s/^  route .*/  # no route/", originateFile],
    ]),
    file("BIRD's originating file, deleted", originateFile, /originate\.conf: the file was deleted/, [
      "rm",
      originateFile,
    ]),
  ];

  it.each(edits)("$what: put back within five seconds, with an Event", async (each) => {
    const before = await each.look();
    expect(before).not.toBe("");
    const seen = await repairs(each.cluster());
    await each.edit();
    const editedAt = performance.now();
    await waitUntil(
      { what: `${each.what} to be put back`, timeoutMs: 20_000, intervalMs: 20 },
      async () => (await each.look().catch(() => "")) === before,
    );
    const afterMs = performance.now() - editedAt;
    const event = await waitFor(
      { what: `an Event about ${each.what}`, timeoutMs: 10_000, intervalMs: 100 },
      async () =>
        (await repairs(each.cluster())).find(
          (note) => !seen.includes(note) && each.field.test(note) && each.object.test(note),
        ),
    );
    console.log(`${each.what}: put back after ${afterMs.toFixed(0)} ms; Event: ${event}`);
    expect(afterMs).toBeLessThan(repairedMsMax);
  });

  it("of BIRD's include that BIRD has read: the route is back in the kernel within five seconds", async () => {
    const before = await nextHops(node, address);
    const script = `sed -i 's/^  route .*//' ${sealaneInclude} && birdc -s ${birdSocket} configure`;
    await outputOn(node, ["sh", "-c", script]);
    const editedAt = performance.now();
    await waitUntil(
      { what: "the route to be back", timeoutMs: 20_000, intervalMs: 20 },
      async () => String(await nextHops(node, address)) === String(before),
    );
    const afterMs = performance.now() - editedAt;
    console.log(`a route taken out of BIRD: back in the kernel after ${afterMs.toFixed(0)} ms`);
    expect(afterMs).toBeLessThan(repairedMsMax);
  });

  it("of the kernel itself: a route deleted there is back within five seconds", async () => {
    const before = await nextHops(node, address);
    await outputOn(node, ["ip", "route", "del", `${address}/32`, "proto", "bird"]);
    const deletedAt = performance.now();
    await waitUntil(
      { what: "the route to be back", timeoutMs: 20_000, intervalMs: 20 },
      async () => String(await nextHops(node, address)) === String(before),
    );
    const afterMs = performance.now() - deletedAt;
    console.log(`a route deleted from the kernel: back after ${afterMs.toFixed(0)} ms`);
    expect(afterMs).toBeLessThan(repairedMsMax);
  });
});

describe("what is somebody else's", () => {
  it("stays as it is beside repairs of ours", async () => {
    const foreignService = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "sealane-foreign", namespace: shop },
      spec: { ports: [{ port: 80 }] },
    };
    const foreignSlice = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name: "foreign",
        namespace: shop,
        labels: { "kubernetes.io/service-name": await derived() },
      },
      addressType: "IPv4",
      ports: [],
      endpoints: [{ addresses: ["192.0.2.9"] }],
    };
    await applyText(b, [foreignService, foreignSlice].map((each) => JSON.stringify(each)).join("\n---\n"));
    const foreignBlock = "example.org:53 {\n    forward . 192.0.2.53\n}\n";
    await setCorefile(
      "kube-system",
      "coredns",
      (text) => `${text.replace(/mesh\.example:53[\s\S]*?\n\}\n?/, "")}${foreignBlock}`,
    );
    const foreignFile = "/var/lib/sealane/bird/foreign.conf";
    await outputOn(node, ["sh", "-c", `echo '# mine' > ${foreignFile}`]);
    const versions = async () =>
      Promise.all([
        get(b, "service", "sealane-foreign", "{.metadata.resourceVersion}"),
        get(b, "endpointslice", "foreign", "{.metadata.resourceVersion}"),
        outputOn(node, ["cat", foreignFile]),
      ]);
    const before = await versions();
    await kubectl(b, ["-n", shop, "delete", "endpointslice", await slice()]);
    await waitUntil({ what: "our slice and our stub to be back", timeoutMs: 10_000 }, async () => {
      const text = await getCorefile("kube-system", "coredns");
      return (await slice()) !== "" && text.includes("mesh.example:53") && text.includes(foreignBlock);
    });
    expect(await versions()).toEqual(before);
    await kubectl(b, ["-n", shop, "delete", "service/sealane-foreign", "endpointslice/foreign"]);
    await outputOn(node, ["rm", foreignFile]);
    await setCorefile("kube-system", "coredns", (text) => text.replace(foreignBlock, ""));
  });

  it("is reported when it stands where ours belongs", async () => {
    const taken = `${name}-taken`;
    const foreign = {
      apiVersion: "multicluster.x-k8s.io/v1beta1",
      kind: "ServiceImport",
      metadata: { name: taken, namespace: shop },
      spec: { type: "Headless", ports: [] },
    };
    await applyText(b, JSON.stringify(foreign));
    await applyText(a, webManifest(taken, ["a1"]));
    await waitUntil({ what: "the finding", timeoutMs: 30_000, intervalMs: 500 }, async () =>
      (await findings("b")).some(
        ({ reason, message }) => reason === "ObjectNotOurs" && message.includes(taken),
      ),
    );
    expect(await get(b, "serviceimport", taken, "{.spec.type}")).toBe("Headless");
    await kubectl(a, [
      "-n",
      shop,
      "delete",
      `serviceexport/${taken}`,
      `deployment/${taken}`,
      `service/${taken}`,
    ]);
    await kubectl(b, ["-n", shop, "delete", "serviceimport", taken]);
  });
});

describe("somebody who writes without end", () => {
  it("meets a slower and slower repair, and a finding, and no storm", async () => {
    const affinity = () => get(b, "serviceimport", name, "{.spec.sessionAffinity}");
    let rounds = 0;
    let repaired = 0;
    for (const endAt = performance.now() + 15_000; performance.now() < endAt; rounds++) {
      if ((await affinity()) === "None") repaired++;
      await kubectl(b, [
        "-n",
        shop,
        "patch",
        "serviceimport",
        name,
        "--type=merge",
        "-p",
        '{"spec":{"sessionAffinity":"ClientIP"}}',
      ]);
    }
    console.log(`${rounds} edits in 15 s: put back ${repaired} times`);
    expect(repaired).toBeLessThan(rounds);
    expect(repaired).toBeLessThanOrEqual(16);
    await waitUntil({ what: "the finding", timeoutMs: 15_000, intervalMs: 250 }, async () =>
      (await findings("b")).some(({ reason }) => reason === "EditedRepeatedly"),
    );
    await waitUntil(
      { what: "the last edit to be put back", timeoutMs: 60_000 },
      async () => (await affinity()) === "None",
    );
    await waitUntil({ what: "the finding to go", timeoutMs: 60_000, intervalMs: 500 }, async () =>
      (await findings("b")).every(({ reason }) => reason !== "EditedRepeatedly"),
    );
  }, 180_000);
});
