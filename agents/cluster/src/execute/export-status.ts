// The conditions of people's ServiceExports, by server-side apply on status and only when they change, and the
// Events that go with them. Touches nothing else of the object.

import type { View } from "@sealane/core";
import { Pace, sameValue } from "@sealane/core";
import type { KubeClient } from "../kube/client.ts";
import { contentTypes } from "../kube/client.ts";
import { storedOf } from "../kube/door.ts";
import { hasStatus } from "../kube/error.ts";
import { fieldManager } from "../kube/ownership.ts";
import { apiVersion, objectPath, resources } from "../kube/resource.ts";
import { compareVersions } from "../kube/store.ts";
import type { ObjectKey, ReadableStore } from "../kube/store.ts";
import type { ExportVerdict } from "../observe/export-fact.ts";
import type { ServiceExport } from "../observe/parse-service-export.ts";
import { conditionsOf, exportClaims, saysAll } from "./conditions.ts";
import type { Claim } from "./conditions.ts";
import { exportEvents } from "./export-events.ts";
import type { EventSink } from "./export-events.ts";
import { EditedRepeatedly, editText } from "./repairs.ts";
import { TermOver } from "./own-kind.ts";
import type { Term } from "./own-kind.ts";

/** What the writer needs to know of this cluster's exports. */
export interface ExportingCluster {
  readonly exports: ReadableStore<ServiceExport>;
  /** The local verdict; undefined while it is not known. */
  exportVerdict(namespace: string, name: string): ExportVerdict | undefined;
}

/** Options of ExportStatusWriter. */
export interface ExportStatusOptions {
  readonly client: KubeClient;
  readonly term: Term;
  readonly cluster: ExportingCluster;
  /** Name of this cluster in the hub's shards. */
  readonly clusterName: string;
  readonly view: View;
  readonly events: EventSink;
}

interface Written {
  readonly claims: readonly Claim[];
  readonly resourceVersion: string;
}

/** Writes conditions of exports. */
export class ExportStatusWriter {
  readonly #options: ExportStatusOptions;
  readonly #pace = new Pace();
  /** What was last written or found said, and the version that says it. */
  readonly #written = new Map<ObjectKey, Written>();
  /** Versions whose edit was counted. */
  readonly #waiting = new Map<ObjectKey, string>();

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

  /** @throws EditedRepeatedly, TermOver, KubeError */
  async write(key: ObjectKey): Promise<void> {
    const held = this.#options.cluster.exports.get(key);
    if (held === undefined) {
      this.#written.delete(key);
      this.#waiting.delete(key);
    }
    const claims = held && this.#claims(held);
    if (held === undefined || claims === undefined) return;
    if (saysAll(held.conditions, claims, held.generation)) {
      this.#written.set(key, { claims, resourceVersion: held.resourceVersion });
      return;
    }
    const fields = this.#editedFields(key, held, claims);
    if (fields.length > 0) this.#holdBack(key, held);
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
      const answer = await client.request("PATCH", path, {
        body,
        query,
        contentType: contentTypes.serverSideApply,
        signal: term.signal,
      });
      this.#written.set(key, { claims, resourceVersion: storedOf(answer).resourceVersion });
    } catch (error) {
      // Deleted meanwhile, or another of the same name: its own event asks again.
      if (!hasStatus(error, 404) && !hasStatus(error, 409)) throw error;
      return;
    }
    if (fields.length === 0) this.#tell(held, claims);
    else this.#tellEdit(held, fields);
  }

  /** Conditions that somebody else changed since they were written, although nothing new is to be said. */
  #editedFields(key: ObjectKey, held: ServiceExport, claims: readonly Claim[]): readonly string[] {
    const written = this.#written.get(key);
    if (written === undefined || !sameValue(written.claims, claims)) return [];
    if (compareVersions(held.resourceVersion, written.resourceVersion) <= 0) return [];
    return claims.flatMap((claim) => {
      const now = held.conditions.find(({ type }) => type === claim.type);
      const path = `status.conditions[type=${claim.type}]`;
      if (now === undefined) return [path];
      const differ = (["status", "reason", "message"] as const).filter(
        (field) => now[field] !== claim[field],
      );
      return differ.map((field) => `${path}.${field}`);
    });
  }

  #holdBack(key: ObjectKey, held: ServiceExport): void {
    const now = performance.now();
    // Looked at again and again while it waits, an edit counts once.
    if (this.#waiting.get(key) !== held.resourceVersion) this.#pace.note(key, now);
    this.#waiting.set(key, held.resourceVersion);
    const waitMs = this.#pace.waitMs(key, now);
    const what = `The conditions of ServiceExport ${held.namespace}/${held.name}`;
    if (waitMs > 0) throw new EditedRepeatedly(what, waitMs);
  }

  #tellEdit({ namespace, name, uid }: ServiceExport, fields: readonly string[]): void {
    const subject = { resource: resources.serviceExports, namespace, name, uid };
    this.#options.events.record(subject, editText(`ServiceExport ${namespace}/${name}`, { fields }));
  }

  #claims(held: ServiceExport): readonly Claim[] | undefined {
    if (held.terminating) return undefined;
    const { cluster, clusterName, view } = this.#options;
    const local = cluster.exportVerdict(held.namespace, held.name);
    if (local === undefined) return undefined;
    return exportClaims(local, view.exportStatus(clusterName, held.namespace, held.name), held.conditions);
  }

  #tell(held: ServiceExport, claims: readonly Claim[]): void {
    const { namespace, name, uid } = held;
    const subject = { resource: resources.serviceExports, namespace, name, uid };
    for (const text of exportEvents(held.conditions, claims)) this.#options.events.record(subject, text);
  }
}
