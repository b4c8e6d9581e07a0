// ServiceExports that selectors of namespaces want: made for Services that are selected, deleted when they are not any
// more. Owns those alone that it made; an export that somebody else made is never touched, selected or not.

import { Pace } from "@sealane/core";
import type { KubeClient } from "../kube/client.ts";
import { hasStatus, messageOf } from "../kube/error.ts";
import { ownedAnnotations, ownedLabels } from "../kube/ownership.ts";
import { apiVersion, collectionPath, deleteOptions, objectPath, resources } from "../kube/resource.ts";
import { splitKey } from "../kube/store.ts";
import type { ObjectKey, ReadableStore } from "../kube/store.ts";
import { selectedByAnnotation } from "../observe/parse-service-export.ts";
import type { ServiceExport } from "../observe/parse-service-export.ts";
import type { Service } from "../observe/parse-service.ts";
import type { Selection } from "../observe/selection.ts";
import type { EventSink } from "./export-events.ts";
import { TermOver } from "./own-kind.ts";
import type { Term } from "./own-kind.ts";
import { EditedRepeatedly } from "./repairs.ts";

/** What the writer needs to know of this cluster. */
export interface SelectingCluster {
  readonly selection: Selection;
  readonly exports: ReadableStore<ServiceExport>;
  readonly services: ReadableStore<Service>;
}

/** Options of SelectedExports. */
export interface SelectedExportsOptions {
  readonly client: KubeClient;
  /** Nothing is written outside it. */
  readonly term: Term;
  readonly cluster: SelectingCluster;
  readonly events: EventSink;
}

/** Makes and deletes them. Its caller runs one name at a time once. */
export class SelectedExports {
  readonly #options: SelectedExportsOptions;
  readonly #pace = new Pace();
  /** Those that were made or seen: whoever deletes one that is still wanted is met at a bounded pace. */
  readonly #seen = new Set<ObjectKey>();
  /** Why a namespace's selector is of no use, as was told last. */
  readonly #refusals = new Map<string, string>();
  /** Why an export could not be made or deleted, as was told last. */
  readonly #failures = new Map<ObjectKey, string>();

  constructor(options: SelectedExportsOptions) {
    this.#options = options;
  }

  /** Every name that concerns selections. */
  names(): Iterable<ObjectKey> {
    return this.#options.cluster.selection.names();
  }

  /** Tells people, once, that a namespace's selector is of no use. */
  look(name: string): void {
    const found = this.#options.cluster.selection.refused(name);
    if (found === undefined) {
      this.#refusals.delete(name);
      return;
    }
    const { namespace, refusal } = found;
    if (this.#refusals.get(name) === refusal.message) return;
    this.#refusals.set(name, refusal.message);
    const subject = { resource: resources.namespaces, namespace: "", name, uid: namespace.uid };
    const { reason, message: note } = refusal;
    this.#options.events.record(subject, { type: "Warning", reason, action: "Select", note });
  }

  /** @throws EditedRepeatedly, TermOver, KubeError; then what is due stays due. */
  async write(key: ObjectKey): Promise<void> {
    try {
      await this.#write(key);
      this.#failures.delete(key);
    } catch (error) {
      this.#tellFailure(key, error);
      throw error;
    }
  }

  async #write(key: ObjectKey): Promise<void> {
    const { namespace, name } = splitKey(key);
    const { selection, exports } = this.#options.cluster;
    const held = exports.get(key);
    const selected = selection.selects(namespace, name);
    if (selected === undefined) return;
    if (!selected) {
      this.#seen.delete(key);
      if (held?.selected === true && !held.terminating) await this.#remove(held);
      return;
    }
    if (held?.selected === true) this.#seen.add(key);
    if (held === undefined) await this.#make(key, namespace, name);
  }

  async #make(key: ObjectKey, namespace: string, name: string): Promise<void> {
    const now = performance.now();
    if (this.#seen.delete(key)) this.#pace.note(key, now);
    const waitMs = this.#pace.waitMs(key, now);
    if (waitMs > 0) throw new EditedRepeatedly(`The selected ServiceExport ${key}`, waitMs);
    const body = {
      apiVersion: apiVersion(resources.serviceExports),
      kind: resources.serviceExports.kind,
      metadata: {
        namespace,
        name,
        labels: ownedLabels,
        annotations: { ...ownedAnnotations, [selectedByAnnotation]: `Namespace/${namespace}` },
      },
    };
    try {
      await this.#request("POST", collectionPath(resources.serviceExports, namespace), body);
      this.#seen.add(key);
    } catch (error) {
      // Somebody was faster, or it is our own and not seen yet: either way it is exported.
      if (!hasStatus(error, 409)) throw error;
    }
  }

  /** Deletes the one that was seen, and no other that took its name since. */
  async #remove({ namespace, name, uid }: ServiceExport): Promise<void> {
    const body = deleteOptions(uid);
    try {
      await this.#request("DELETE", objectPath(resources.serviceExports, namespace, name), body);
    } catch (error) {
      // Gone, or another has its name.
      if (!hasStatus(error, 404) && !hasStatus(error, 409)) throw error;
    }
  }

  async #request(method: "POST" | "DELETE", path: string, body: object): Promise<void> {
    const { client, term } = this.#options;
    if (!term.isCurrent())
      throw new TermOver(`${method} ${path} was not sent: this agent does not lead any more`);
    await client.request(method, path, { body, signal: term.signal });
  }

  #tellFailure(key: ObjectKey, error: unknown): void {
    if (error instanceof TermOver || error instanceof EditedRepeatedly) return;
    const note = messageOf(error);
    const service = this.#options.cluster.services.get(key);
    if (service === undefined || this.#failures.get(key) === note) return;
    this.#failures.set(key, note);
    const { namespace, name, uid } = service;
    const subject = { resource: resources.services, namespace, name, uid };
    this.#options.events.record(subject, { type: "Warning", reason: "WriteFailed", action: "Select", note });
  }
}
