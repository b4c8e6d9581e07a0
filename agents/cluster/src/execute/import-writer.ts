// Makes the objects of one imported service what they should be: losses first, then what is gained, and the
// ServiceImport, which makes the name resolve, last. Takes away only what is known to be gone (law 2).

import type { DesiredImport, MergedService, SliceStep, View } from "@sealane/core";
import {
  localiseImport,
  localiseSlices,
  mayRemoveEndpoints,
  mayRemoveImport,
  planSlices,
} from "@sealane/core";
import { isNamespaceGone } from "../kube/error.ts";
import { resourceName, resources } from "../kube/resource.ts";
import { objectKey, splitKey } from "../kube/store.ts";
import type { ObjectKey } from "../kube/store.ts";
import { DerivedServices } from "./derived-service.ts";
import { isFramedAsWanted, sliceManifest, sliceOwnerOf } from "./imported-slice.ts";
import type { SliceOwner } from "./imported-slice.ts";
import { ForeignObject, StaleObject } from "./own-kind.ts";
import { derivedNameOf } from "./own-objects.ts";
import type { OwnObjects, OwnObjectsOf } from "./own-objects.ts";
import type { DerivedService, ServiceImport } from "./parse-own.ts";
import { Refusals } from "./refusals.ts";
import type { Collected } from "./refusals.ts";
import { besideHeld, importManifest, isImportAsWanted, withNewerFields } from "./render-import.ts";
import type { IpFamily, Manifest } from "./render-import.ts";
import type { ServiceAddresses } from "./service-addresses.ts";

/** What the writer needs to know of this cluster. */
export interface ImportingCluster {
  /** Undefined while the namespaces are not known. */
  namespaceExists(name: string): boolean | undefined;
  /** Families of its Services; empty while unknown. */
  serviceFamilies(): readonly IpFamily[];
}

/** How one imported service stands. */
export interface ImportResult {
  /** Slices that are wanted. */
  readonly slices: number;
  /** Writes that are still due. */
  readonly due: number;
}

/** What a service's type turned to, and whose export decides it. */
export type TypeChange = Pick<MergedService, "type" | "owner">;

/** What imports are made of. */
export interface ImportWriterOptions {
  readonly view: View;
  readonly own: OwnObjects;
  readonly cluster: ImportingCluster;
  readonly addresses: ServiceAddresses;
  /** Name of this cluster. */
  readonly clusterName: string;
  /** An import that was there has another type now. */
  readonly onTypeChange: (before: ServiceImport, after: TypeChange) => void;
}

const attemptsMax = 5;

/** Writes imports. Its caller runs one name at a time once. */
export class ImportWriter {
  readonly #view: View;
  readonly #own: OwnObjects;
  readonly #cluster: ImportingCluster;
  readonly #clusterName: string;
  readonly #derived: DerivedServices;
  readonly #onTypeChange: ImportWriterOptions["onTypeChange"];
  readonly #dropped = new Set<string>();
  /** Wanted imports and how they stand. */
  readonly results = new Map<ObjectKey, ImportResult>();

  constructor({ view, own, cluster, addresses, clusterName, onTypeChange }: ImportWriterOptions) {
    this.#view = view;
    this.#own = own;
    this.#cluster = cluster;
    this.#clusterName = clusterName;
    this.#derived = new DerivedServices(own, () => cluster.serviceFamilies(), addresses);
    this.#onTypeChange = onTypeChange;
  }

  /** @throws ForeignObject, TermOver, KubeError; then what is due stays due. */
  async write(name: ObjectKey): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#writeOnce(name);
      } catch (error) {
        if (isNamespaceGone(error)) {
          // The namespace's own watch says so in a moment, and when there is one again.
          this.results.delete(name);
          return;
        }
        if (!(error instanceof StaleObject) || attempt === attemptsMax) throw error;
      }
    }
  }

  async #writeOnce(key: ObjectKey): Promise<void> {
    const { namespace, name } = splitKey(key);
    if (this.#cluster.namespaceExists(namespace) !== true) {
      this.results.delete(key);
      return;
    }
    const own = this.#own.of(key);
    const desired = localiseImport(this.#view, namespace, name);
    if (desired !== undefined) {
      await this.#make(key, desired, own);
      return;
    }
    this.results.delete(key);
    if (mayRemoveImport(this.#view, namespace, name, exportersOf(own))) await this.#remove(own);
  }

  /** The name goes first, then what it led to. */
  async #remove({ serviceImport, slices, derived }: OwnObjectsOf): Promise<void> {
    const name = serviceImport === undefined ? undefined : this.#own.imports.remove(serviceImport);
    await Promise.all([
      name,
      ...slices.map((slice) => this.#own.slices.remove(slice)),
      derived === undefined ? undefined : this.#own.services.remove(derived),
    ]);
  }

  async #make(key: ObjectKey, desired: DesiredImport, own: OwnObjectsOf): Promise<void> {
    const { namespace, name } = desired;
    const isNew = own.serviceImport === undefined && own.derived === undefined && own.slices.length === 0;
    if (own.foreignImport !== undefined && isNew) throw foreign(desired);
    const owner = sliceOwnerOf(desired, derivedNameOf(namespace, name));
    const steps = this.#plan(desired, own, owner);
    const creates = steps.filter(({ action }) => action === "create");
    const others = steps.filter(({ action }) => action !== "create");
    const deletes = others.filter(({ action }) => action === "delete").length;
    const slices = own.slices.length + creates.length - deletes;
    this.results.set(key, { slices, due: steps.length + 1 });
    // What is refused holds nothing else up: losses least of all.
    const refusals = new Refusals();
    const writeAll = (some: readonly SliceStep[]): Promise<unknown> =>
      Promise.all(some.map((step) => refusals.collect(this.#writeSlice(owner, step))));
    // Every change of a slice that exists goes out at once: one slice, one request.
    await writeAll(others);
    const service = await refusals.collect(this.#derived.ensure(desired, own));
    await writeAll(creates);
    const made = await refusals.collect(this.#ensureImport(desired, service, own));
    // Somebody else was faster to take the name: what this run made leads nowhere.
    if (!made.done && made.refusal instanceof ForeignObject && isNew) await this.#remove(this.#own.of(key));
    // The address goes when nothing names it any more.
    if (service.done && service.value === undefined && own.derived !== undefined)
      await refusals.collect(this.#own.services.remove(own.derived));
    refusals.throwFirst();
    this.results.set(key, { slices, due: 0 });
  }

  /** The core's steps, and a rewrite of every slice whose frame is not ours any more. */
  #plan(desired: DesiredImport, own: OwnObjectsOf, owner: SliceOwner): readonly SliceStep[] {
    const { namespace, name } = desired;
    const steps = planSlices({
      baseName: derivedNameOf(namespace, name),
      desired: localiseSlices(this.#view, namespace, name, this.#clusterName),
      observed: own.slices.map(({ slice }) => slice),
      mayRemove: (cluster) => mayRemoveEndpoints(this.#view, namespace, name, cluster),
    });
    const named = new Set(steps.map((step) => (step.action === "delete" ? step.name : step.slice.name)));
    const reframed = own.slices
      .filter((held) => !named.has(held.name) && !isFramedAsWanted(held, owner))
      .map(({ slice }): SliceStep => ({ action: "update", slice }));
    return reframed.length === 0 ? steps : [...steps, ...reframed];
  }

  async #writeSlice(owner: SliceOwner, step: SliceStep): Promise<void> {
    const sliceName = step.action === "delete" ? step.name : step.slice.name;
    const held = this.#own.slices.store.get(objectKey(owner.namespace, sliceName));
    if (step.action === "delete") {
      if (held !== undefined) await this.#own.slices.remove(held);
      return;
    }
    const body = sliceManifest(owner, step.slice, held);
    if (held === undefined) await this.#own.slices.create(owner.namespace, sliceName, body);
    else await this.#own.slices.update(held, body);
  }

  /** While the Service is refused, an import that is there keeps the addresses that it shows. */
  async #ensureImport(
    desired: DesiredImport,
    service: Collected<DerivedService | undefined>,
    { serviceImport: held, foreignImport, derived }: OwnObjectsOf,
  ): Promise<void> {
    if (foreignImport !== undefined) throw foreign(desired);
    if (held !== undefined && !service.done) return;
    const manifest = importManifest(desired, service.done ? service.value : derived);
    const wanted = besideHeld(held, manifest, desired.service);
    if (held === undefined) {
      this.#noteDropped(wanted, await this.#own.imports.create(desired.namespace, desired.name, wanted));
      return;
    }
    if (isImportAsWanted(held, wanted, this.#dropped)) return;
    this.#noteDropped(wanted, await this.#own.imports.update(held, withNewerFields(held, wanted)));
    const { type, owner } = desired.service;
    if (held.spec["type"] !== type) this.#onTypeChange(held, { type, owner });
  }

  /** An older definition drops what it does not know; asked for again and again it would be written for ever. */
  #noteDropped(wanted: Manifest, made: ServiceImport): void {
    for (const field of Object.keys(wanted.spec))
      if (made.spec[field] === undefined) this.#dropped.add(field);
  }

  /** Fields that the installed definition of ServiceImport does not keep. */
  droppedFields(): readonly string[] {
    return [...this.#dropped].toSorted().map((field) => `spec.${field}`);
  }

  /** Asks for the dropped fields once more: the definition may be a newer one by now. */
  forgetDropped(): void {
    this.#dropped.clear();
  }
}

/** The clusters that the import is made of, as far as its objects say. */
function exportersOf({ serviceImport, slices }: OwnObjectsOf): readonly string[] {
  return [...new Set([...(serviceImport?.clusters ?? []), ...slices.map(({ slice }) => slice.cluster)])];
}

function foreign({ namespace, name }: DesiredImport): ForeignObject {
  return new ForeignObject(
    `${resourceName(resources.serviceImports)} ${namespace}/${name} exists and is not Sealane's, so the service is not imported. Delete or rename it, or let the implementation that made it import the service.`,
  );
}
