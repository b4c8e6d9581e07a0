// A view of what a hub published that tests write by hand.

import type {
  ExportStatus,
  Member,
  MergedService,
  NodeFact,
  ReachFact,
  ShardId,
  Stub,
  View,
} from "@sealane/core";
import { shardKey } from "@sealane/core";

/** A view whose maps a test fills; shards are complete once named so. */
export class TestView implements View {
  readonly merged = new Map<string, MergedService>();
  readonly reached = new Map<string, Map<string, ReachFact>>();
  readonly statuses = new Map<string, ExportStatus>();
  readonly wholeShards = new Set<string>();

  whole(...ids: readonly ShardId[]): void {
    for (const id of ids) this.wholeShards.add(shardKey(id));
  }

  setReach(
    cluster: string,
    namespace: string,
    service: string,
    node: string,
    fact: ReachFact | undefined,
  ): void {
    const key = `${cluster}/${namespace}/${service}`;
    const nodes = this.reached.get(key) ?? new Map<string, ReachFact>();
    if (fact === undefined) nodes.delete(node);
    else nodes.set(node, fact);
    this.reached.set(key, nodes);
  }

  complete(id: ShardId): boolean {
    return this.wholeShards.has(shardKey(id));
  }

  unheardOf(): boolean {
    return false;
  }

  members(): Iterable<readonly [string, Member]> {
    return [];
  }

  member(): Member | undefined {
    return undefined;
  }

  nodes(): Iterable<readonly [string, NodeFact]> {
    return [];
  }

  reach(cluster: string, namespace: string, service: string): Iterable<readonly [string, ReachFact]> {
    return this.reached.get(`${cluster}/${namespace}/${service}`) ?? [];
  }

  *imports(): Iterable<readonly [string, string, MergedService]> {
    for (const [key, service] of this.merged) {
      const [namespace = "", name = ""] = key.split("/");
      yield [namespace, name, service];
    }
  }

  import(namespace: string, name: string): MergedService | undefined {
    return this.merged.get(`${namespace}/${name}`);
  }

  stubs(): Iterable<readonly [string, Stub]> {
    return [];
  }

  exportStatus(_cluster: string, namespace: string, name: string): ExportStatus | undefined {
    return this.statuses.get(`${namespace}/${name}`);
  }
}

/** A merged service of one exporter with one HTTP port. */
export function mergedService(over: Partial<MergedService> = {}): MergedService {
  const ports = [{ name: "http", protocol: "TCP", port: 80, appProtocol: "" }] as const;
  return {
    type: "ClusterSetIP",
    owner: "a",
    ports,
    ipFamilies: ["IPv4"],
    sessionAffinity: "None",
    sessionAffinityTimeoutSeconds: 0,
    internalTrafficPolicy: "Cluster",
    trafficDistribution: "",
    labels: {},
    annotations: {},
    exporters: [{ cluster: "a", clusterAddresses: ["10.111.0.1"], ports: ["http"], endpoints: "pods" }],
    ...over,
  };
}

/** Pods of one node behind port 8080; the last octet names each, those in `unready` are not. */
export function reachFact(octets: readonly number[], unready: readonly number[] = []): ReachFact {
  const pods = octets.map((octet) => {
    const ready = !unready.includes(octet);
    return {
      addresses: [`10.1.0.${octet}`],
      ready,
      serving: ready,
      terminating: false,
      hostname: "",
      pod: `pod-${octet}`,
    };
  });
  return {
    zone: "",
    groups: [{ ports: [{ name: "http", protocol: "TCP", port: 8080, appProtocol: "" }], pods }],
  };
}
