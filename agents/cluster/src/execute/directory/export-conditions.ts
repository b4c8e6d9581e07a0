// What the conditions of the site's ServiceExports say. They stand in the rendered status, for manifests are people's
// and are never written. Owns what was said last, so that times of transitions stay and people are told once.

import type { ObjectKey } from "../../kube/store.ts";
import { objectKey } from "../../kube/store.ts";
import { resources } from "../../kube/resource.ts";
import type { View } from "@sealane/core";
import type { Condition } from "../../observe/parse-service-export.ts";
import { conditionsOf, exportClaims, saysAll } from "../conditions.ts";
import { exportEvents } from "../export-events.ts";
import type { EventSink } from "../export-events.ts";
import type { ExportingCluster } from "../export-status.ts";

/** What the conditions are made of. */
export interface ExportConditionsOptions {
  readonly cluster: ExportingCluster & { readonly exportsSynced: boolean };
  /** Name of this cluster in the hub's shards. */
  readonly clusterName: string;
  readonly view: View;
  readonly events: EventSink;
}

/** Conditions by export. */
export class ExportConditions {
  readonly #options: ExportConditionsOptions;
  readonly #said = new Map<ObjectKey, readonly Condition[]>();

  constructor(options: ExportConditionsOptions) {
    this.#options = options;
  }

  /** What was said in an earlier run. */
  restore(said: Iterable<readonly [ObjectKey, readonly Condition[]]>): void {
    for (const [key, conditions] of said) this.#said.set(key, conditions);
  }

  /** Every export with its conditions, sorted. */
  get said(): readonly (readonly [ObjectKey, readonly Condition[]])[] {
    return [...this.#said].toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Looks at one export again. */
  update(key: ObjectKey): void {
    const { cluster, clusterName, view, events } = this.#options;
    const found = cluster.exports.get(key);
    if (found === undefined || found.terminating) {
      if (cluster.exportsSynced) this.#said.delete(key);
      return;
    }
    const { namespace, name, uid, generation } = found;
    const local = cluster.exportVerdict(namespace, name);
    if (local === undefined) return;
    const before = this.#said.get(key) ?? [];
    const claims = exportClaims(local, view.exportStatus(clusterName, namespace, name), before);
    if (saysAll(before, claims, generation)) return;
    this.#said.set(key, conditionsOf(before, claims, generation, new Date()));
    const subject = { resource: resources.serviceExports, namespace, name, uid };
    for (const text of exportEvents(before, claims)) events.record(subject, text);
  }

  /** Exports whose verdict is known, and those of them whose conditions were said. */
  counts(): { readonly desired: number; readonly observed: number } {
    let desired = 0;
    let observed = 0;
    for (const { namespace, name, terminating } of this.#options.cluster.exports.values()) {
      if (terminating || this.#options.cluster.exportVerdict(namespace, name) === undefined) continue;
      desired++;
      if (this.#said.has(objectKey(namespace, name))) observed++;
    }
    return { desired, observed };
  }
}
