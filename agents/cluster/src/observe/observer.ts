// Observes one cluster and says its facts, whole at first and then as they change, wherever its objects are kept. It
// follows what others write; it refuses to say anything before every kind of that is known to its end.

import type { Finding, ShardId } from "@sealane/core";
import { meshDnsService, meshNamespace, sameValue } from "@sealane/core";
import { resources } from "../kube/resource.ts";
import { objectKey, splitKey } from "../kube/store.ts";
import type { ObjectKey, ReadableStore, Stored } from "../kube/store.ts";
import { clusterFact, nodeFact } from "./cluster-fact.ts";
import { exportFact, exportVerdict } from "./export-fact.ts";
import type { ExportVerdict } from "./export-fact.ts";
import { FactDiff } from "./fact-diff.ts";
import { withCure } from "./follow.ts";
import type { FollowOptions, Followed } from "./follow.ts";
import type { ObserverOptions } from "./observer-options.ts";
import { LongNames, longNamesRemark } from "./long-names.ts";
import { parseEndpointSlice } from "./parse-endpoint-slice.ts";
import type { EndpointSlice } from "./parse-endpoint-slice.ts";
import { parseNamespace } from "./parse-namespace.ts";
import type { Namespace } from "./parse-namespace.ts";
import { parseNode } from "./parse-node.ts";
import type { Node } from "./parse-node.ts";
import { parseServiceCidr } from "./parse-service-cidr.ts";
import type { ServiceCidr } from "./parse-service-cidr.ts";
import { parseServiceExport } from "./parse-service-export.ts";
import type { ServiceExport } from "./parse-service-export.ts";
import { parseService } from "./parse-service.ts";
import type { Service } from "./parse-service.ts";
import { detectRanges, familiesOf } from "./ranges.ts";
import { reachFacts } from "./reach-facts.ts";
import { Selection } from "./selection.ts";
import { SliceIndex } from "./slice-index.ts";
import { Unknown } from "./unknown.ts";
import { WholeShards } from "./whole-shards.ts";

/** Slices that imports are made of are no facts of this cluster. */
const notImportedSelector = "endpointslice.kubernetes.io/managed-by!=sealane.dev";

const clusterDnsKey = objectKey("kube-system", "kube-dns");
const meshDnsKey = objectKey(meshNamespace, meshDnsService);
const systemKey = objectKey("", "kube-system");

/** Keys to look at again, each with the time of the first change since it was looked at. */
type Dirty = Map<ObjectKey, bigint>;

/** Observes until the signal aborts. */
export class Observer {
  readonly #options: ObserverOptions;
  readonly #signal: AbortSignal;
  readonly #followed: readonly { readonly synced: boolean }[];
  readonly #nodes: Followed<Node>;
  readonly #namespaces: Followed<Namespace>;
  readonly #services: Followed<Service>;
  readonly #slices: Followed<EndpointSlice>;
  readonly #exports: Followed<ServiceExport>;
  readonly #serviceCidrs: Followed<ServiceCidr> | undefined;
  readonly #sliceIndex = new SliceIndex();
  readonly #unknown: Unknown;
  /** Which Services selectors of namespaces want exported. */
  readonly selection: Selection;
  /** Namespaces whose selector changed, until it is told. */
  readonly #reselected = new Set<string>();
  readonly #diff: FactDiff;
  readonly #dirtyNodes: Dirty = new Map();
  readonly #dirtyNamespaces: Dirty = new Map();
  readonly #dirtyServices: Dirty = new Map();
  readonly #longNames: LongNames;
  /** Services that nothing is said of until more is known. */
  readonly #heldServices: Dirty = new Map();
  #clusterDirtySince: bigint | undefined;
  readonly #whole: WholeShards;
  #families: readonly string[] = [];
  #scheduled = false;
  #synced = false;

  constructor(options: ObserverOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#diff = new FactDiff(options.cluster);
    this.#longNames = new LongNames(options.cluster, this.#sliceIndex);
    this.#whole = new WholeShards(options.cluster);
    this.#nodes = this.#follow({
      resource: resources.nodes,
      parse: parseNode,
      onChange: (keys, at) => this.#mark([this.#dirtyNodes], keys, at, "cluster"),
    });
    this.#namespaces = this.#follow({
      resource: resources.namespaces,
      parse: parseNamespace,
      onChange: (keys, at) => this.#onNamespaces(keys, at),
      observe: (_key, before, after) => {
        if (before?.exportSelector !== after?.exportSelector) this.#reselected.add((after ?? before)!.name);
      },
    });
    this.#services = this.#follow({
      resource: resources.services,
      parse: parseService,
      onChange: (keys, at) => this.#onServices(keys, at),
    });
    this.#exports = this.#follow({
      resource: resources.serviceExports,
      parse: parseServiceExport,
      onChange: (keys, at) => this.#onExports(keys, at),
    });
    this.#slices = this.#follow({
      resource: resources.endpointSlices,
      parse: parseEndpointSlice,
      labelSelector: notImportedSelector,
      observe: (key, before, after) => this.#sliceIndex.change(key, before, after),
      onChange: (_keys, at) => this.#mark([this.#dirtyServices], this.#sliceIndex.takeTouched(), at),
    });
    this.#serviceCidrs =
      options.declared.service === undefined
        ? this.#follow({
            resource: resources.serviceCidrs,
            parse: parseServiceCidr,
            onChange: (_keys, at) => this.#onServiceCidrs(at),
          })
        : undefined;
    const kinds = {
      nodes: this.#nodes,
      namespaces: this.#namespaces,
      services: this.#services,
      exports: this.#exports,
      slices: this.#slices,
      serviceCidrs: this.#serviceCidrs,
    };
    this.selection = new Selection(kinds);
    const parts = { namespace: systemKey, services: [clusterDnsKey, meshDnsKey], meshDns: meshDnsKey };
    this.#unknown = new Unknown(kinds, parts);
    this.#followed = Object.values(kinds).filter((each) => each !== undefined);
  }

  /** Everything has been said at least once. */
  get synced(): boolean {
    return this.#synced;
  }

  /** The cluster's Services. */
  get services(): ReadableStore<Service> {
    return this.#services.store;
  }

  /** Slices of one Service. */
  slicesOf(service: ObjectKey): Iterable<EndpointSlice> {
    return this.#sliceIndex.of(service);
  }

  /** The cluster's ServiceExports. */
  get exports(): ReadableStore<ServiceExport> {
    return this.#exports.store;
  }

  /** The ServiceExports were listed at least once: a missing one does not exist. */
  get exportsSynced(): boolean {
    return this.#exports.synced;
  }

  /** The local verdict of an export; undefined when there is none, or not everything about it is known yet. */
  exportVerdict(namespace: string, name: string): ExportVerdict | undefined {
    const key = objectKey(namespace, name);
    const serviceExport = this.#exports.store.get(key);
    if (serviceExport === undefined || !this.#synced) return undefined;
    if (this.#services.unreadable?.hasUnknown(key) === true) return undefined;
    const untold = this.#options.untoldRemark?.(namespace, name) ?? "";
    const remarks = [longNamesRemark(this.#longNames.of(key)), untold];
    return exportVerdict(serviceExport, this.#services.store.get(key), remarks);
  }

  /** Whether objects can be made in the namespace; undefined while that is not known. */
  namespaceExists(name: string): boolean | undefined {
    const key = objectKey("", name);
    if (!this.#namespaces.synced || this.#namespaces.unreadable?.hasUnknown(key) === true) return undefined;
    const namespace = this.#namespaces.store.get(key);
    return namespace !== undefined && !namespace.terminating;
  }

  /** Underlay addresses of a node; empty when it is not known. */
  nodeAddresses(name: string): readonly string[] {
    return this.#nodes.store.get(objectKey("", name))?.addresses ?? [];
  }

  /** Whether something that belongs into the shard cannot be read, so that its absence says nothing. */
  isLacking(id: ShardId): boolean {
    return this.#unknown.shard(id);
  }

  /** Objects that cannot be read, for a person. */
  findings(): readonly Finding[] {
    return [...this.#unknown.findings(), ...this.selection.findings()];
  }

  /** IP families of the cluster's Services, from its service ranges; empty while unknown. */
  serviceFamilies(): readonly ("IPv4" | "IPv6")[] {
    const cidrs = [...(this.#serviceCidrs?.store.values() ?? [])];
    return familiesOf(this.#options.declared.service ?? cidrs.flatMap(({ prefixes }) => prefixes));
  }

  #follow<T extends Stored>(
    options: Pick<FollowOptions<T>, "resource" | "parse" | "onChange" | "observe" | "labelSelector">,
  ): Followed<T> {
    const report = this.#options.onProblem ?? (() => {});
    return this.#options.follow<T>(
      {
        ...options,
        onSynced: () => this.#schedule(),
        onInvalid: report,
        onUnknown: (error) => report(withCure(options.resource, error)),
      },
      this.#signal,
    );
  }

  #onNamespaces(keys: readonly ObjectKey[], at: bigint): void {
    this.#mark([this.#dirtyNamespaces], keys, at, keys.includes(systemKey) ? "cluster" : undefined);
    for (const key of keys) this.#options.onNamespace?.(splitKey(key).name);
    if (this.#reselected.size > 0) this.#tellSelections(this.selection.names(this.#reselected));
    this.#reselected.clear();
  }

  #onServices(keys: readonly ObjectKey[], at: bigint): void {
    const dns = keys.includes(clusterDnsKey) || keys.includes(meshDnsKey);
    this.#mark([this.#dirtyServices], keys, at, dns ? "cluster" : undefined);
    this.#tellExports(keys.filter((key) => this.#exports.store.get(key) !== undefined));
    this.#tellSelections(keys);
  }

  #onExports(keys: readonly ObjectKey[], at: bigint): void {
    this.#mark([this.#dirtyServices], keys, at);
    this.#tellExports(keys);
    this.#tellSelections(keys);
  }

  #onServiceCidrs(at: bigint): void {
    this.#mark([], [], at, "cluster");
    const families = this.serviceFamilies();
    if (sameValue(families, this.#families)) return;
    this.#families = families;
    if (this.#synced) this.#options.onServiceFamilies?.();
  }

  #tellExports(keys: readonly ObjectKey[]): void {
    for (const key of keys) {
      const { namespace, name } = splitKey(key);
      this.#options.onExport?.(namespace, name);
    }
  }

  /** Before everything is known nothing can be selected; then the first pass names all. */
  #tellSelections(keys: Iterable<ObjectKey>): void {
    if (!this.#synced || this.#options.onSelection === undefined) return;
    for (const key of keys) {
      const { namespace, name } = splitKey(key);
      if (this.selection.concerns(key)) this.#options.onSelection(namespace, name);
    }
  }

  #mark(sets: readonly Dirty[], keys: Iterable<ObjectKey>, at: bigint, also?: "cluster"): void {
    for (const set of sets) {
      for (const key of keys) if (!set.has(key)) set.set(key, at);
    }
    if (also === "cluster") this.#clusterDirtySince ??= at;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (!this.#signal.aborted) this.#flush();
    });
  }

  #flush(): void {
    if (!this.#followed.every((each) => each.synced)) return;
    for (const [key, at] of take(this.#heldServices)) this.#dirtyServices.set(key, at);
    for (const [key, at] of take(this.#dirtyServices)) this.#sayService(key, at);
    for (const [key, at] of take(this.#dirtyNodes)) {
      const node = this.#nodes.store.get(key);
      this.#diff.node(splitKey(key).name, node && nodeFact(node), at);
    }
    for (const [key, at] of take(this.#dirtyNamespaces)) {
      const { name } = splitKey(key);
      this.#diff.namespace(name, this.namespaceExists(name) === true ? {} : undefined, at);
    }
    if (this.#clusterDirtySince !== undefined) this.#sayCluster(this.#clusterDirtySince);
    this.#emit();
  }

  #sayCluster(at: bigint): void {
    if (this.#unknown.cluster()) return;
    this.#clusterDirtySince = undefined;
    const system = this.#namespaces.store.get(systemKey);
    const incarnation = system?.uid ?? this.#options.incarnation;
    if (incarnation === undefined) return;
    const cidrs = this.#serviceCidrs?.store.values() ?? [];
    const fact = clusterFact({
      incarnation,
      ranges: detectRanges(this.#nodes.store.values(), cidrs, this.#options.declared),
      meshDns: this.#services.store.get(meshDnsKey),
      clusterDns: this.#services.store.get(clusterDnsKey),
    });
    this.#diff.cluster(fact, at);
  }

  #sayService(key: ObjectKey, at: bigint): void {
    if (this.#unknown.service(key)) {
      this.#heldServices.set(key, at);
      return;
    }
    const { namespace, name } = splitKey(key);
    const service = this.#services.store.get(key);
    const serviceExport = this.#exports.store.get(key);
    const exported =
      serviceExport !== undefined && !serviceExport.terminating && exportVerdict(serviceExport, service).yes;
    const fact = exported && service !== undefined ? exportFact(serviceExport, service) : undefined;
    if (this.#longNames.look(key, fact && service)) this.#tellExports([key]);
    const reached = fact !== undefined || (key === meshDnsKey && service !== undefined);
    this.#diff.service(
      { namespace, name },
      fact,
      reached ? reachFacts(this.#sliceIndex.of(key)) : new Map(),
      at,
    );
  }

  #emit(): void {
    const changes = this.#diff.take();
    if (changes.length > 0) this.#options.onFacts(changes);
    const seen = changes.map(({ shard }) => shard);
    const shards = this.#whole.take(seen, (id) => this.#unknown.shard(id));
    if (shards.length > 0) this.#options.onComplete(shards);
    if (this.#synced) return;
    this.#synced = true;
    // Some exports were told of before all about them was known.
    this.#tellExports(
      [...this.#exports.store.values()].map(({ namespace, name }) => objectKey(namespace, name)),
    );
    this.#tellSelections(this.selection.names());
    this.#options.onSynced();
  }
}

/** Empties the map and gives what was in it. */
function take(dirty: Dirty): [ObjectKey, bigint][] {
  const entries = [...dirty];
  dirty.clear();
  return entries;
}
