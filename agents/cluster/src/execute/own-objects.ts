// Everything that we wrote in this cluster for imports, as the API server has it now, found by the imported
// service's name. Tells which names to look at again when somebody changes an object by hand.

import { createHash } from "node:crypto";
import type { Finding } from "@sealane/core";
import { derivedServiceName } from "@sealane/core";
import type { KubeClient } from "../kube/client.ts";
import type { ReflectorLimits } from "../kube/reflector.ts";
import { hasStatus } from "../kube/error.ts";
import { isOwned } from "../kube/ownership.ts";
import { resourceName, resources } from "../kube/resource.ts";
import type { Resource } from "../kube/resource.ts";
import { objectKey, splitKey } from "../kube/store.ts";
import type { ObjectKey } from "../kube/store.ts";
import { parseImportedSlice, sliceFields } from "./imported-slice.ts";
import type { ImportedSlice } from "./imported-slice.ts";
import { OwnKind } from "./own-kind.ts";
import type { HandEdit, Owned, Term } from "./own-kind.ts";
import { importFields, parseDerivedService, parseServiceImport, serviceFields } from "./parse-own.ts";
import type { DerivedService, ServiceImport } from "./parse-own.ts";

/** What we have for one imported service. */
export interface OwnObjectsOf {
  readonly serviceImport: ServiceImport | undefined;
  /** Somebody else's ServiceImport of the name: it is left alone. */
  readonly foreignImport: ServiceImport | undefined;
  readonly derived: DerivedService | undefined;
  readonly slices: readonly ImportedSlice[];
}

/** Options of OwnObjects. */
export interface OwnObjectsOptions {
  readonly client: KubeClient;
  readonly term: Term;
  /** Names (namespace/name of the import) whose objects changed. */
  readonly onChange: (names: Iterable<ObjectKey>) => void;
  /** All three kinds were listed; again after one of them could not be followed for a while. */
  readonly onSynced: () => void;
  readonly onProblem: (error: Error) => void;
  /** Somebody else edited an object of this name (namespace/name of the import); told before onChange. */
  readonly onEdit?: (name: ObjectKey) => void;
  /** An edit was put right. */
  readonly onRepaired?: (resource: Resource, value: Owned, edit: HandEdit) => void;
  readonly limits?: Partial<ReflectorLimits>;
}

/** Our ServiceImports, derived Services and EndpointSlices. */
export class OwnObjects {
  readonly imports: OwnKind<ServiceImport>;
  readonly services: OwnKind<DerivedService>;
  readonly slices: OwnKind<ImportedSlice>;
  readonly #slicesByName = new Map<ObjectKey, Map<ObjectKey, ImportedSlice>>();
  readonly #onChange: OwnObjectsOptions["onChange"];
  /** Names of changed derived Services and slices, until they are told. */
  #touched = new Set<ObjectKey>();

  constructor(options: OwnObjectsOptions) {
    this.#onChange = options.onChange;
    const onSynced = (): void => {
      if (this.synced) options.onSynced();
    };
    const tellTouched = (): void => {
      const touched = this.#touched;
      this.#touched = new Set();
      this.#onChange(touched);
    };
    const { client, term, onProblem, onEdit, onRepaired } = options;
    const edited = (namespace: string, importName: string): void => {
      if (importName !== "") onEdit?.(objectKey(namespace, importName));
    };
    const repaired =
      (resource: Resource) =>
      (value: Owned, edit: HandEdit): void =>
        onRepaired?.(resource, value, edit);
    const shared = {
      client,
      term,
      onSynced,
      onProblem,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    };
    this.imports = new OwnKind({
      ...shared,
      resource: resources.serviceImports,
      follows: "everybody's",
      parse: parseServiceImport,
      fields: importFields,
      onEdit: ({ namespace, name }) => edited(namespace, name),
      onRepaired: repaired(resources.serviceImports),
      onChange: (keys) => this.#onChange(keys),
    });
    this.services = new OwnKind({
      ...shared,
      resource: resources.services,
      parse: parseDerivedService,
      fields: serviceFields,
      onEdit: ({ namespace, importName }) => edited(namespace, importName),
      onRepaired: repaired(resources.services),
      onChange: tellTouched,
      observe: (_key, before, after, by) => {
        if (by === "answer") return;
        for (const each of [before, after]) {
          if (each !== undefined && each.importName !== "")
            this.#touched.add(objectKey(each.namespace, each.importName));
        }
      },
    });
    this.slices = new OwnKind({
      ...shared,
      resource: resources.endpointSlices,
      parse: parseImportedSlice,
      fields: sliceFields,
      onEdit: ({ namespace, importName }) => edited(namespace, importName),
      onRepaired: repaired(resources.endpointSlices),
      onChange: tellTouched,
      observe: (key, before, after, by) => this.#index(key, before, after, by),
    });
  }

  /** All three kinds were listed: what is not here does not exist. */
  get synced(): boolean {
    return this.imports.synced && this.services.synced && this.slices.synced;
  }

  /** Kinds that cannot be followed, with the cure. */
  findings(): readonly Finding[] {
    return [this.imports, this.services, this.slices].flatMap(({ resource, unavailable }): Finding[] => {
      if (unavailable === undefined) return [];
      const { message } = unavailable;
      return hasStatus(unavailable, 404)
        ? [{ subject: `${resource.kind} ${resource.version}`, reason: "DefinitionNotServed", message }]
        : [{ subject: `list ${resourceName(resource)}`, reason: "PermissionMissing", message }];
    });
  }

  /** Our ServiceImport of the name. */
  importOf(name: ObjectKey): ServiceImport | undefined {
    const held = this.imports.store.get(name);
    return held !== undefined && isOwned(held) ? held : undefined;
  }

  /** What we have for one imported service. */
  of(name: ObjectKey): OwnObjectsOf {
    const { namespace, name: importName } = splitKey(name);
    const serviceImport = this.importOf(name);
    return {
      serviceImport,
      foreignImport: serviceImport === undefined ? this.imports.store.get(name) : undefined,
      derived: this.services.store.get(objectKey(namespace, derivedNameOf(namespace, importName))),
      slices: [...(this.#slicesByName.get(name)?.values() ?? [])],
    };
  }

  /** Nothing of this name is left to put right. */
  forgetEdits(name: ObjectKey): void {
    const { namespace, name: importName } = splitKey(name);
    this.imports.forgetEdit(name);
    this.services.forgetEdit(objectKey(namespace, derivedNameOf(namespace, importName)));
    this.slices.forgetEdits((slice) => nameOf(slice) === name);
  }

  /** Every name that we have an object for. */
  *names(): Generator<ObjectKey, undefined> {
    for (const each of this.imports.store.values())
      if (isOwned(each)) yield objectKey(each.namespace, each.name);
    for (const { namespace, importName } of this.services.store.values()) {
      if (importName !== "") yield objectKey(namespace, importName);
    }
    yield* this.#slicesByName.keys();
  }

  #index(
    key: ObjectKey,
    before: ImportedSlice | undefined,
    after: ImportedSlice | undefined,
    by: "answer" | "watch",
  ): void {
    const touch = (name: ObjectKey): unknown => by === "watch" && this.#touched.add(name);
    const left = nameOf(before);
    const joined = nameOf(after);
    if (left !== undefined) {
      touch(left);
      const slices = this.#slicesByName.get(left);
      slices?.delete(key);
      if (slices?.size === 0) this.#slicesByName.delete(left);
    }
    if (joined === undefined || after === undefined) return;
    touch(joined);
    const slices = this.#slicesByName.get(joined) ?? new Map<ObjectKey, ImportedSlice>();
    this.#slicesByName.set(joined, slices.set(key, after));
  }
}

/** Name of the derived Service of an import. */
export function derivedNameOf(namespace: string, name: string): string {
  return derivedServiceName(namespace, name, (text) => createHash("sha256").update(text).digest("hex"));
}

function nameOf(slice: ImportedSlice | undefined): ObjectKey | undefined {
  return slice === undefined || slice.importName === ""
    ? undefined
    : objectKey(slice.namespace, slice.importName);
}
