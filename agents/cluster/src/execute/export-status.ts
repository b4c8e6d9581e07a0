// The conditions of people's ServiceExports, by server-side apply on status and only when they change, and the
// Events that go with them. Touches nothing else of the object.

import type { Verdict, View } from "@sealane/core";
import type { KubeClient } from "../kube/client.ts";
import { contentTypes } from "../kube/client.ts";
import { hasStatus } from "../kube/error.ts";
import type { EventRecorder } from "../kube/events.ts";
import { fieldManager } from "../kube/ownership.ts";
import { apiVersion, objectPath, resources } from "../kube/resource.ts";
import type { ObjectKey, ReadableStore } from "../kube/store.ts";
import type { Condition, ServiceExport } from "../observe/parse-service-export.ts";
import { conditionsOf, exportClaims, saysAll } from "./conditions.ts";
import type { Claim } from "./conditions.ts";
import { TermOver } from "./own-kind.ts";
import type { Term } from "./own-kind.ts";

/** What the writer needs to know of this cluster's exports. */
export interface ExportingCluster {
  readonly exports: ReadableStore<ServiceExport>;
  /** The local verdict; undefined while it is not known. */
  exportVerdict(namespace: string, name: string): Verdict | undefined;
}

/** Options of ExportStatusWriter. */
export interface ExportStatusOptions {
  readonly client: KubeClient;
  readonly term: Term;
  readonly cluster: ExportingCluster;
  /** Name of this cluster in the hub's shards. */
  readonly clusterName: string;
  readonly view: View;
  readonly events: EventRecorder;
}

/** Writes conditions of exports. */
export class ExportStatusWriter {
  readonly #options: ExportStatusOptions;

  constructor(options: ExportStatusOptions) {
    this.#options = options;
  }

  /** Exports, and those of them whose conditions say what they should. */
  counts(): { readonly desired: number; readonly observed: number } {
    let desired = 0;
    let observed = 0;
    for (const each of this.#options.cluster.exports.values()) {
      const claims = this.#claims(each);
      if (claims === undefined) continue;
      desired++;
      if (saysAll(each.conditions, claims, each.generation)) observed++;
    }
    return { desired, observed };
  }

  /** @throws TermOver, KubeError */
  async write(key: ObjectKey): Promise<void> {
    const held = this.#options.cluster.exports.get(key);
    const claims = held && this.#claims(held);
    if (held === undefined || claims === undefined || saysAll(held.conditions, claims, held.generation))
      return;
    const { client, term } = this.#options;
    const path = objectPath(resources.serviceExports, held.namespace, held.name, "status");
    if (!term.isCurrent())
      throw new TermOver(`PATCH ${path} was not sent: this agent does not lead any more`);
    const body = {
      apiVersion: apiVersion(resources.serviceExports),
      kind: resources.serviceExports.kind,
      metadata: { namespace: held.namespace, name: held.name, uid: held.uid },
      status: { conditions: conditionsOf(held.conditions, claims, held.generation, new Date()) },
    };
    const query = { fieldManager, force: "true" };
    try {
      await client.request("PATCH", path, {
        body,
        query,
        contentType: contentTypes.serverSideApply,
        signal: term.signal,
      });
    } catch (error) {
      // Deleted meanwhile, or another of the same name: its own event asks again.
      if (!hasStatus(error, 404) && !hasStatus(error, 409)) throw error;
      return;
    }
    this.#tell(held, claims);
  }

  #claims(held: ServiceExport): readonly Claim[] | undefined {
    if (held.terminating) return undefined;
    const { cluster, clusterName, view } = this.#options;
    const local = cluster.exportVerdict(held.namespace, held.name);
    if (local === undefined) return undefined;
    return exportClaims(local, view.exportStatus(clusterName, held.namespace, held.name), held.conditions);
  }

  /** One Event for each condition that turned bad, and one when the export became ready. */
  #tell(held: ServiceExport, claims: readonly Claim[]): void {
    for (const claim of claims) {
      const before = held.conditions.find((each) => each.type === claim.type);
      if (before !== undefined && before.status === claim.status && before.reason === claim.reason) continue;
      const text = eventText(claim, before);
      if (text === undefined) continue;
      const subject = {
        resource: resources.serviceExports,
        namespace: held.namespace,
        name: held.name,
        uid: held.uid,
      };
      this.#options.events.record(subject, { ...text, action: "Export" });
    }
  }
}

function eventText(
  claim: Claim,
  before: Condition | undefined,
): { type: "Normal" | "Warning"; reason: string; note: string } | undefined {
  const { type, status, reason, message } = claim;
  if (type === "Ready" && status === "True") {
    return { type: "Normal", reason, note: "The service is exported to the cluster set." };
  }
  const bad = (type === "Conflict" && status === "True") || (type === "Valid" && status === "False");
  const refused =
    type === "Ready" &&
    status === "False" &&
    before?.reason !== reason &&
    message !== "" &&
    reason !== "NoService" &&
    reason !== "InvalidServiceType";
  if (!bad && !refused) return undefined;
  // A reason of an Event is one word; of several conflicts the first names it.
  return { type: "Warning", reason: reason.split(",")[0] ?? reason, note: message };
}
