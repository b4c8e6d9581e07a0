// Makes the objects of one imported service what they should be: losses first, then what is gained, and the
// ServiceImport, which makes the name resolve, last. Takes away only what is known to be gone (law 2).

import type { DesiredImport, SliceStep, View } from "@sealane/core";
import {
  localiseImport,
  localiseSlices,
  mayRemoveEndpoints,
  mayRemoveImport,
  planSlices,
} from "@sealane/core";
import { createBackoff, sleep } from "../kube/backoff.ts";
import { hasStatus } from "../kube/error.ts";
import { objectKey, splitKey } from "../kube/store.ts";
import type { ObjectKey } from "../kube/store.ts";
import { isFramedAsWanted, sliceManifest } from "./imported-slice.ts";
import type { SliceOwner } from "./imported-slice.ts";
import { StaleObject } from "./own-kind.ts";
import { derivedNameOf } from "./own-objects.ts";
import type { OwnObjects, OwnObjectsOf } from "./own-objects.ts";
import type { DerivedService } from "./parse-own.ts";
import {
  derivedFamilies,
  derivedServiceManifest,
  derivedServiceUpdate,
  importManifest,
  isImportAsWanted,
} from "./render-import.ts";
import type { IpFamily } from "./render-import.ts";

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

const attemptsMax = 5;

/** About a second in all. */
const addressAttemptsMax = 8;
const addressWaits = { minMs: 10, maxMs: 400 };

/** Writes imports. Its caller runs one name at a time once. */
export class ImportWriter {
  readonly #view: View;
  readonly #own: OwnObjects;
  readonly #cluster: ImportingCluster;
  /** Wanted imports and how they stand. */
  readonly results = new Map<ObjectKey, ImportResult>();

  constructor(options: { view: View; own: OwnObjects; cluster: ImportingCluster }) {
    this.#view = options.view;
    this.#own = options.own;
    this.#cluster = options.cluster;
  }

  /** @throws ForeignObject, TermOver, KubeError; then what is due stays due. */
  async write(name: ObjectKey): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#writeOnce(name);
      } catch (error) {
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
    if (mayRemoveImport(this.#view, namespace)) await this.#remove(own);
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
    const headless = desired.service.type === "Headless";
    const owner = {
      namespace,
      importName: name,
      derivedName: headless ? "" : derivedNameOf(namespace, name),
    };
    const steps = this.#plan(desired, own, owner);
    const creates = steps.filter(({ action }) => action === "create");
    const others = steps.filter(({ action }) => action !== "create");
    const deletes = others.filter(({ action }) => action === "delete").length;
    const slices = own.slices.length + creates.length - deletes;
    this.results.set(key, { slices, due: steps.length + 1 });
    // Every change of a slice that exists goes out at once: one slice, one request.
    await Promise.all(others.map((step) => this.#writeSlice(owner, step)));
    const derived = headless ? undefined : await this.#ensureService(desired, owner.derivedName, own);
    await Promise.all(creates.map((step) => this.#writeSlice(owner, step)));
    await this.#ensureImport(desired, derived, own);
    // The address goes when nothing names it any more.
    if (headless && own.derived !== undefined) await this.#own.services.remove(own.derived);
    this.results.set(key, { slices, due: 0 });
  }

  /** The core's steps, and a rewrite of every slice whose frame is not ours any more. */
  #plan(desired: DesiredImport, own: OwnObjectsOf, owner: SliceOwner): readonly SliceStep[] {
    const { namespace, name } = desired;
    const steps = planSlices({
      baseName: derivedNameOf(namespace, name),
      desired: localiseSlices(this.#view, namespace, name),
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
    const body = sliceManifest(owner, step.slice);
    if (held === undefined) await this.#own.slices.create(owner.namespace, sliceName, body);
    else await this.#own.slices.update(held, body);
  }

  /** The derived Service as it should be, or undefined when the cluster has no family for it. */
  async #ensureService(
    desired: DesiredImport,
    derivedName: string,
    own: OwnObjectsOf,
  ): Promise<DerivedService | undefined> {
    const families = derivedFamilies(desired.service, this.#cluster.serviceFamilies());
    if (own.derived !== undefined) {
      const update = derivedServiceUpdate(own.derived, desired, families);
      return update === undefined ? own.derived : await this.#own.services.update(own.derived, update);
    }
    if (families.length === 0) return undefined;
    return await this.#createService(desired, derivedName, families, recordedAddresses(own, families));
  }

  /**
   * Asks for the recorded addresses first. A Service that was deleted a moment ago may still hold them, since
   * the API server frees an address after it has answered; so it is asked a few times before any other will do.
   */
  async #createService(
    desired: DesiredImport,
    derivedName: string,
    families: readonly IpFamily[],
    recorded: readonly string[],
  ): Promise<DerivedService> {
    const create = (addresses: readonly string[]): Promise<DerivedService> => {
      const body = derivedServiceManifest(desired, derivedName, families, addresses);
      return this.#own.services.create(desired.namespace, derivedName, body);
    };
    const backoff = createBackoff(addressWaits);
    for (let attempt = 1; recorded.length > 0 && attempt <= addressAttemptsMax; attempt++) {
      try {
        return await create(recorded);
      } catch (error) {
        if (!hasStatus(error, 422)) throw error;
      }
      await sleep(backoff.next());
    }
    return await create([]);
  }

  async #ensureImport(
    desired: DesiredImport,
    derived: DerivedService | undefined,
    own: OwnObjectsOf,
  ): Promise<void> {
    const wanted = importManifest(desired, derived);
    const held = own.serviceImport;
    if (held === undefined) await this.#own.imports.create(desired.namespace, desired.name, wanted);
    else if (!isImportAsWanted(held, wanted)) await this.#own.imports.update(held, wanted);
  }
}

/** The import's addresses, when there is one for each family in its order. */
function recordedAddresses(
  { serviceImport }: OwnObjectsOf,
  families: readonly IpFamily[],
): readonly string[] {
  const ips = serviceImport?.ips ?? [];
  const fits =
    ips.length === families.length &&
    ips.every((ip, index) => ip.includes(":") === (families[index] === "IPv6"));
  return fits ? ips : [];
}
