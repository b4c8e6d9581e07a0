// What cases about one import, "web", look at in a bench that is an API server. For tests.

import type { MergedService, ReachFact } from "@sealane/core";
import { resources } from "../../kube/resource.ts";
import type { AnyObject } from "../../kube/testing/fixtures.ts";
import { eventually } from "../../kube/testing/wait.ts";
import { derivedNameOf } from "../own-objects.ts";
import type { Bench } from "./bench.ts";
import { mergedService, reachFact } from "./test-view.ts";

/** Reads and asks for the import "web". */
export interface ImportBench {
  makeNamespace(): Promise<void>;
  /** The hub says so, and nothing more. */
  publish(over?: Partial<MergedService>, reach?: ReachFact): void;
  /** Makes the namespace, publishes, and waits until everything is there and said. */
  imported(over?: Partial<MergedService>, reach?: ReachFact): Promise<void>;
  serviceImport(): Promise<AnyObject | undefined>;
  derived(): Promise<AnyObject | undefined>;
  slices(): Promise<readonly AnyObject[]>;
  /** `spec.ips` of the import. */
  ips(): Promise<readonly string[]>;
  /** `True Ready`, of the condition Ready. */
  ready(): Promise<string>;
  /** Notes of Events of this reason. */
  notes(reason: string): Promise<readonly string[]>;
}

/** The import "web" of the bench. */
export function importBench(the: () => Bench): ImportBench {
  const serviceImport = () => the().kube.get(resources.serviceImports, the().namespace, "web");
  const readyOf = (found: AnyObject | undefined): string => {
    const all = (found?.["status"]?.conditions ?? []) as { type: string; status: string; reason: string }[];
    return all.flatMap((each) => (each.type === "Ready" ? `${each.status} ${each.reason}` : []))[0] ?? "";
  };
  const bench: ImportBench = {
    makeNamespace: async () => {
      await the().kube.create(resources.namespaces, "", the().namespace);
    },
    publish: (over = {}, reach = reachFact([1, 2])) => {
      const { view, namespace, executor } = the();
      view.merged.set(`${namespace}/web`, mergedService(over));
      view.setReach("a", namespace, "web", "a1", reach);
      view.whole({ kind: "import", origin: "", namespace }, { kind: "reach", origin: "a", namespace });
      executor.touch(namespace, "web");
    },
    imported: async (over, reach) => {
      await bench.makeNamespace();
      bench.publish(over, reach);
      await eventually("the import to be ready", async () => (await bench.ready()) === "True Ready");
      await the().settled();
      the().writes();
    },
    serviceImport,
    derived: () => the().kube.get(resources.services, the().namespace, derivedNameOf(the().namespace, "web")),
    slices: async () =>
      (await the().kube.list(resources.endpointSlices, the().namespace)).filter(
        ({ metadata }) => metadata.labels?.["multicluster.kubernetes.io/service-name"] === "web",
      ),
    ips: async () => ((await serviceImport())?.["spec"].ips ?? []) as string[],
    ready: async () => readyOf(await serviceImport()),
    notes: async (reason) =>
      (await the().kube.list(resources.events, the().namespace))
        .filter((event) => event["reason"] === reason)
        .map((event) => String(event["note"])),
  };
  return bench;
}
