// The status of our ServiceImports: who exports, whether it is ready, that slices are there. Written late and
// rarely: nothing waits for it.

import type { View } from "@sealane/core";
import { localiseImport, sameValue } from "@sealane/core";
import { isNamespaceGone } from "../kube/error.ts";
import { objectKey } from "../kube/store.ts";
import type { ObjectKey } from "../kube/store.ts";
import { conditionsOf, importClaim, noAddressProblem, saysAll } from "./conditions.ts";
import type { ImportingCluster } from "./import-writer.ts";
import { StaleObject } from "./own-kind.ts";
import type { OwnObjects } from "./own-objects.ts";
import type { ServiceImport } from "./parse-own.ts";

/** Writes the status of imports. */
export class ImportStatusWriter {
  readonly #view: View;
  readonly #own: OwnObjects;
  readonly #cluster: ImportingCluster;
  readonly #refusalOf: (name: ObjectKey) => string | undefined;
  /** The installed CRD has status.endpointSliceObjects; an older one drops it, which the first answer shows. */
  #hasSliceField = true;

  /** `refusalOf` an import: why something of it could not be written. */
  constructor(options: {
    view: View;
    own: OwnObjects;
    cluster: ImportingCluster;
    refusalOf: (name: ObjectKey) => string | undefined;
  }) {
    this.#view = options.view;
    this.#own = options.own;
    this.#cluster = options.cluster;
    this.#refusalOf = options.refusalOf;
  }

  /** Fields that the installed definition of ServiceImport does not keep. */
  droppedFields(): readonly string[] {
    return this.#hasSliceField ? [] : ["status.endpointSliceObjects"];
  }

  /** Asks for the dropped field once more: the definition may be a newer one by now. */
  forgetDropped(): void {
    this.#hasSliceField = true;
  }

  /** Whether the status says something else than it should. */
  isDue(name: ObjectKey): boolean {
    const held = this.#own.importOf(name);
    return held !== undefined && this.#status(held) !== undefined;
  }

  /** @throws ForeignObject, TermOver, KubeError */
  async write(name: ObjectKey): Promise<void> {
    const held = this.#own.importOf(name);
    const status = held && this.#status(held);
    if (held === undefined || status === undefined) return;
    try {
      const answer = await this.#own.imports.updateStatus(held, status);
      if (this.#hasSliceField && answer.endpointSliceObjects === "") this.#hasSliceField = false;
    } catch (error) {
      if (isNamespaceGone(error)) return;
      if (!(error instanceof StaleObject)) throw error;
      // The import itself was written meanwhile; the store is fresh now.
      if (this.isDue(name)) throw error;
    }
  }

  /** The status to write, or undefined when it is so already. */
  #status(held: ServiceImport): object | undefined {
    const desired = localiseImport(this.#view, held.namespace, held.name);
    if (desired === undefined) return undefined;
    const clusters = desired.service.exporters.map(({ cluster }) => cluster);
    const families = this.#cluster.serviceFamilies();
    const refusal = this.#refusalOf(objectKey(held.namespace, held.name));
    const problem = held.ips.length > 0 ? undefined : noAddressProblem(desired.service, families);
    const claims = [importClaim(refusal === undefined ? problem : { reason: "Failed", message: refusal })];
    const slicesSaid = !this.#hasSliceField || held.endpointSliceObjects === "Present";
    if (
      sameValue(held.clusters, clusters) &&
      slicesSaid &&
      saysAll(held.conditions, claims, held.generation)
    ) {
      return undefined;
    }
    return {
      clusters: clusters.map((cluster) => ({ cluster })),
      conditions: [
        // A merge patch replaces the list: conditions of a newer release, or of others, stay in it.
        ...held.conditions.filter(({ type }) => claims.every((claim) => claim.type !== type)),
        ...conditionsOf(held.conditions, claims, held.generation, new Date()),
      ],
      ...(this.#hasSliceField ? { endpointSliceObjects: "Present" } : {}),
    };
  }
}
