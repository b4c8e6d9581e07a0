// What the executor must make of namespaces' selectors, as cases for every API server.

import { expect, test } from "vitest";
import { resources } from "../../kube/resource.ts";
import type { Resource } from "../../kube/resource.ts";
import type { AnyObject } from "../../kube/testing/fixtures.ts";
import { eventually } from "../../kube/testing/wait.ts";
import { executorBench } from "./bench.ts";
import type { BenchForm } from "./bench.ts";

const selector = "sealane.dev/export-selector";

/** Runs the suite of selected exports. */
export function selectedContract(start: (namespace: string) => Promise<BenchForm>): void {
  const the = executorBench(start);

  const makeNamespace = async (selects?: string): Promise<AnyObject> => {
    const annotations = selects === undefined ? {} : { [selector]: selects };
    return the().kube.create(resources.namespaces, "", the().namespace, {}, { annotations });
  };

  const select = async (selects: string | null): Promise<void> => {
    const patch = { metadata: { annotations: { [selector]: selects } } };
    await the().kube.patch(resources.namespaces, "", the().namespace, patch);
  };

  const makeService = async (name: string, tier: string, spec: object = {}): Promise<void> => {
    const ports = { ports: [{ port: 80 }], ...spec };
    await the().kube.create(resources.services, the().namespace, name, { spec: ports }, { labels: { tier } });
  };

  const exportNames = async (): Promise<readonly string[]> =>
    (await the().kube.list(resources.serviceExports, the().namespace))
      .map(({ metadata }) => metadata.name)
      .toSorted();

  const exportsAre = (...want: readonly string[]): Promise<void> =>
    eventually(
      `exports ${want.join(", ") || "none"}`,
      async () => (await exportNames()).join() === want.join(),
    );

  /** Creations and deletions of ServiceExports since the last look, as `POST` or `DELETE name`. */
  const writes = (): readonly string[] => {
    const path = `/namespaces/${the().namespace}/serviceexports`;
    const whole = the()
      .writes()
      .filter((each) => each.includes(path) && !each.endsWith("/status"));
    return whole.map((each) => [each.split(" ")[0], each.split(`${path}/`)[1] ?? ""].join(" ").trim());
  };

  /** Events about the namespace itself; they stand in `default`. */
  const told = async (reason: string): Promise<readonly AnyObject[]> => {
    const all = await the().kube.list(resources.events, "default");
    return all.filter((each) => each["reason"] === reason && each["regarding"]?.name === the().namespace);
  };

  const patchOf = (resource: Resource, name: string, patch: object): Promise<AnyObject> =>
    the().kube.patch(resource, the().namespace, name, patch);

  test("what a selector selects is exported by a ServiceExport that everybody sees, and nothing else (MCS 6)", async () => {
    await makeNamespace("tier=web");
    await makeService("web", "web");
    await makeService("db", "db");
    await makeService("away", "web", { type: "ExternalName", externalName: "example.org" });
    await exportsAre("web");
    await the().settled();
    const made = await the().kube.get(resources.serviceExports, the().namespace, "web");
    expect(made?.metadata.labels).toEqual({ "app.kubernetes.io/managed-by": "sealane" });
    expect(made?.metadata.annotations).toEqual({
      "sealane.dev/owner": "sealane-agent",
      "sealane.dev/selected-by": `Namespace/${the().namespace}`,
    });
    expect(await exportNames()).toEqual(["web"]);
    expect(writes()).toEqual(["POST"]);
  });

  test("it exports no label of the Service (MCS 14)", async () => {
    await makeNamespace("tier=web");
    await makeService("web", "web");
    await exportsAre("web");
    const made = await the().kube.get(resources.serviceExports, the().namespace, "web");
    expect(made?.["spec"] ?? {}).toEqual({});
  });

  test("it goes when the Service does not match any more, and comes again when it does (MCS 10)", async () => {
    await makeNamespace("tier in (web,api),!draft");
    await makeService("web", "web");
    await exportsAre("web");
    await patchOf(resources.services, "web", { metadata: { labels: { draft: "" } } });
    await exportsAre();
    await patchOf(resources.services, "web", { metadata: { labels: { draft: null } } });
    await exportsAre("web");
    await the().settled();
    expect(writes()).toEqual(["POST", "DELETE web", "POST"]);
  });

  test("it goes with the Service, and with the annotation", async () => {
    await makeNamespace("tier=web");
    await makeService("web", "web");
    await makeService("shop", "web");
    await exportsAre("shop", "web");
    await the().kube.remove(resources.services, the().namespace, "web");
    await exportsAre("shop");
    await select(null);
    await exportsAre();
    await the().settled();
    expect(writes().toSorted()).toEqual(["DELETE shop", "DELETE web", "POST", "POST"]);
  });

  test("another selector costs only what differs", async () => {
    await makeNamespace("tier=web");
    await makeService("web", "web");
    await makeService("api", "api");
    await makeService("db", "db");
    await exportsAre("web");
    await the().settled();
    writes();
    await select("tier in (web,api)");
    await exportsAre("api", "web");
    await select("tier!=db");
    await the().settled();
    expect(writes()).toEqual(["POST"]);
  });

  test("an export that somebody else made is never touched, selected or not (MCS 15)", async () => {
    await makeNamespace();
    await makeService("web", "web");
    const before = await the().kube.create(resources.serviceExports, the().namespace, "web");
    await select("tier=web");
    await makeService("mail", "web");
    await exportsAre("mail", "web");
    await select("tier=none");
    await exportsAre("web");
    const after = await the().kube.get(resources.serviceExports, the().namespace, "web");
    expect(after?.metadata.uid).toBe(before.metadata.uid);
    expect(writes()).toEqual(["POST", "DELETE mail"]);
  });

  test("while the selector cannot be read, what stands stays, and people are told", async () => {
    await makeNamespace("tier=web");
    await makeService("web", "web");
    await exportsAre("web");
    await select("tier=we b");
    await eventually("the Event", async () => (await told("SelectorInvalid")).length === 1);
    await makeService("late", "web");
    await patchOf(resources.services, "web", { metadata: { labels: { tier: "db" } } });
    await the().settled();
    expect(await exportNames()).toEqual(["web"]);
    expect((await told("SelectorInvalid"))[0]?.["note"]).toContain('"we b" is no label value');
    await select("tier=web");
    await exportsAre("late");
  });

  test("who deletes one that is wanted gets it again, at a bounded pace", async () => {
    await makeNamespace("tier=web");
    await makeService("web", "web");
    await exportsAre("web");
    for (let time = 0; time < 3; time++) {
      await the().settled();
      await the().kube.remove(resources.serviceExports, the().namespace, "web");
      await exportsAre("web");
    }
    const late = (): boolean =>
      the()
        .executor.findings()
        .some(({ reason }) => reason === "EditedRepeatedly");
    await eventually("the pace to be bounded", async () => {
      await the().kube.remove(resources.serviceExports, the().namespace, "web");
      return late();
    });
    expect(writes().length).toBeLessThan(20);
  });

  test("a new leader writes nothing, and takes back what nobody wants since", async () => {
    await makeNamespace("tier=web");
    await makeService("web", "web");
    await makeService("shop", "web");
    await exportsAre("shop", "web");
    await the().settled();
    writes();
    await the().restart();
    await the().settled();
    expect(writes()).toEqual([]);
    the().term.abort();
    await patchOf(resources.services, "shop", { metadata: { labels: { tier: "db" } } });
    await the().restart();
    await exportsAre("web");
    await the().settled();
    expect(writes()).toEqual(["DELETE shop"]);
  });
}
