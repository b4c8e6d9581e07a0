// Keeps the files of imported services as they should be, one name at a time. Takes away only what is known to be gone
// (law 2); an address and the place of an endpoint among the slices stay as they are on disk.

import type { DesiredImport, Slice, View } from "@sealane/core";
import {
  isLabel,
  localiseImport,
  localiseSlices,
  mayRemoveEndpoints,
  mayRemoveImport,
  planSlices,
  sameValue,
} from "@sealane/core";
import { messageOf } from "../../kube/error.ts";
import { objectKey, splitKey } from "../../kube/store.ts";
import type { ObjectKey } from "../../kube/store.ts";
import { conditionsOf, importClaim, noAddressProblem, saysAll } from "../conditions.ts";
import type { ImportResult, ImportingCluster } from "../import-writer.ts";
import { derivedNameOf } from "../own-objects.ts";
import { derivedFamilies } from "../render-import.ts";
import type { IpFamily } from "../render-import.ts";
import { poolAddress } from "./address-pool.ts";
import type { AddressPool } from "./address-pool.ts";
import { emptyImportFile, importFileText, parseImportFile } from "./import-file.ts";
import type { ImportFile } from "./import-file.ts";
import type { RenderedFolder } from "./rendered-folder.ts";

/** What the files are made of. */
export interface ImportFilesOptions {
  readonly view: View;
  readonly cluster: ImportingCluster;
  /** Name of this cluster. */
  readonly clusterName: string;
  readonly folder: RenderedFolder;
  /** Where addresses come from; without a range the files have none. */
  readonly pool: AddressPool;
  readonly onProblem: (error: Error) => void;
}

/** Files of imports. Its caller runs one name at a time once. */
export class ImportFiles {
  readonly #options: ImportFilesOptions;
  /** Wanted imports and how they stand. */
  readonly results = new Map<ObjectKey, ImportResult>();
  /** What our files say. */
  readonly held = new Map<ObjectKey, ImportFile>();

  constructor(options: ImportFilesOptions) {
    this.#options = options;
  }

  /** Reads what an earlier run left. A file of ours that cannot be read is as if it were new; it is written again. */
  async load(): Promise<void> {
    const { folder, onProblem } = this.#options;
    for (const namespace of await folder.names("imports")) {
      for (const file of await folder.names(`imports/${namespace}`)) {
        const [, name] = /^(.*)\.yaml$/.exec(file) ?? [];
        const text = name === undefined ? undefined : await folder.readOwn(`imports/${namespace}/${file}`);
        if (name === undefined || text === undefined) continue;
        const key = objectKey(namespace, name);
        this.held.set(key, emptyImportFile);
        try {
          this.held.set(key, parseImportFile(text));
        } catch (error) {
          onProblem(
            new Error(`Cannot read imports/${namespace}/${file}, it is written anew: ${messageOf(error)}`),
          );
        }
      }
    }
  }

  /** @throws ForeignObject, or the system's error; then what is due stays due. */
  async write(key: ObjectKey): Promise<void> {
    const { namespace, name } = splitKey(key);
    const { view, cluster } = this.#options;
    const exists = cluster.namespaceExists(namespace);
    if (exists === undefined) return;
    const desired = exists ? localiseImport(view, namespace, name) : undefined;
    if (desired !== undefined) {
      await this.#make(key, desired);
      return;
    }
    this.results.delete(key);
    const exporters = [...new Set(this.held.get(key)?.slices.map((slice) => slice.cluster))];
    if (exists && !mayRemoveImport(view, namespace, name, exporters)) return;
    await this.#options.folder.remove(pathOf(namespace, name));
    this.held.delete(key);
  }

  async #make(key: ObjectKey, desired: DesiredImport): Promise<void> {
    const { namespace, name } = desired;
    if (!isLabel(namespace) || !isLabel(name))
      throw new Error(`Cannot write the import ${JSON.stringify(key)}: it is no name of a Service`);
    const held = this.held.get(key) ?? emptyImportFile;
    const wanted = this.#wanted(key, desired, held);
    const slices = wanted.slices.length;
    this.results.set(key, { slices, due: slices + 1 });
    await this.#options.folder.write(pathOf(namespace, name), importFileText(desired, wanted));
    this.held.set(key, wanted);
    this.results.set(key, { slices, due: 0 });
  }

  #wanted(key: ObjectKey, desired: DesiredImport, held: ImportFile): ImportFile {
    const { cluster, pool } = this.#options;
    const { service } = desired;
    const own = familiesOf(cluster, pool);
    const families = service.type === "Headless" ? [] : derivedFamilies(service, own);
    const addresses = this.#addresses(key, families, held);
    // Without a range, whoever applies the manifests gives the Service its address.
    const hasAddress = addresses.length > 0 || (pool.size === 0 && families.length > 0);
    const claims = [importClaim(hasAddress ? undefined : noAddressProblem(service, own))];
    const conditions = saysAll(held.conditions, claims, 0)
      ? held.conditions
      : conditionsOf(held.conditions, claims, 0, new Date());
    const wanted = { families, addresses, slices: this.#slices(desired, held), conditions };
    return sameValue(held, wanted) ? held : wanted;
  }

  #addresses(key: ObjectKey, families: readonly IpFamily[], held: ImportFile): readonly string[] {
    const taken = new Set([...this.held].flatMap(([other, file]) => (other === key ? [] : file.addresses)));
    const found = families.flatMap((family) => {
      const before = held.addresses.find((address) => address.includes(":") === (family === "IPv6"));
      return poolAddress(this.#options.pool, family, key, before, (address) => taken.has(address)) ?? [];
    });
    return found.length === families.length ? found : [];
  }

  #slices({ namespace, name }: DesiredImport, held: ImportFile): readonly Slice[] {
    const { view, clusterName } = this.#options;
    const slices = new Map(held.slices.map((slice) => [slice.name, slice]));
    const steps = planSlices({
      baseName: derivedNameOf(namespace, name),
      desired: localiseSlices(view, namespace, name, clusterName),
      observed: held.slices,
      mayRemove: (cluster) => mayRemoveEndpoints(view, namespace, name, cluster),
    });
    for (const step of steps) {
      if (step.action === "delete") slices.delete(step.name);
      else slices.set(step.slice.name, step.slice);
    }
    return [...slices.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }
}

/** Families that imports can have an address of: the cluster's own; with a range, only those that it has too. */
function familiesOf(cluster: ImportingCluster, pool: AddressPool): readonly IpFamily[] {
  const own = cluster.serviceFamilies();
  if (own.length === 0) return [...pool.keys()];
  return own.filter((family) => pool.size === 0 || pool.has(family));
}

/** Where the file of an import is. */
function pathOf(namespace: string, name: string): string {
  return `imports/${namespace}/${name}.yaml`;
}
