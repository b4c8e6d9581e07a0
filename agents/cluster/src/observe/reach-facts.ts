// The pods of one service by node, from its EndpointSlices. Pure.

import type { ReachFact, ReachGroup, ReachPod, ReachPort } from "@sealane/core";
import { compareText } from "@sealane/core";
import { sortedAddresses } from "./addresses.ts";
import type { EndpointSlice, SliceEndpoint } from "./parse-endpoint-slice.ts";

interface Pod extends Omit<ReachPod, "addresses"> {
  readonly zone: string;
  readonly addresses: readonly string[];
}

/** Pods by identity, of one node and one set of ports. */
interface Group {
  readonly ports: readonly ReachPort[];
  readonly pods: Map<string, Pod>;
}

/**
 * Reach facts by node; endpoints without a node are under "". The families of one pod are one pod; where two
 * endpoints of it disagree (one slice was written before the other), the cautious word holds: losses at once, gains when both agree.
 */
export function reachFacts(slices: Iterable<EndpointSlice>): ReadonlyMap<string, ReachFact> {
  const nodes = new Map<string, Map<string, Group>>();
  for (const slice of slices) {
    const ports = slice.ports.toSorted(comparePorts);
    const portsKey = JSON.stringify(ports);
    for (const endpoint of slice.endpoints) {
      const groups = getOrMake(nodes, endpoint.node, () => new Map<string, Group>());
      const group = getOrMake(groups, portsKey, () => ({ ports, pods: new Map<string, Pod>() }));
      group.pods.set(endpoint.identity, joined(group.pods.get(endpoint.identity), endpoint));
    }
  }
  const facts = new Map<string, ReachFact>();
  for (const [node, groups] of nodes) facts.set(node, reachFact(groups));
  return facts;
}

/** Orders ports by name, protocol, number. */
function comparePorts(a: ReachPort, b: ReachPort): number {
  return compareText(a.name, b.name) || compareText(a.protocol, b.protocol) || a.port - b.port;
}

function joined(pod: Pod | undefined, endpoint: SliceEndpoint): Pod {
  const { ready, serving, terminating, hostname, zone } = endpoint;
  if (pod === undefined) {
    return { addresses: [endpoint.address], ready, serving, terminating, hostname, zone, pod: endpoint.pod };
  }
  return {
    addresses: pod.addresses.includes(endpoint.address)
      ? pod.addresses
      : [...pod.addresses, endpoint.address],
    ready: pod.ready && ready,
    serving: pod.serving && serving,
    terminating: pod.terminating || terminating,
    hostname: pod.hostname === "" ? hostname : pod.hostname,
    zone: pod.zone === "" ? zone : pod.zone,
    pod: pod.pod,
  };
}

function reachFact(groups: ReadonlyMap<string, Group>): ReachFact {
  const sorted = [...groups].toSorted(([a], [b]) => compareText(a, b));
  let zone = "";
  const made = sorted.map(([, group]): ReachGroup => {
    const pods = [...group.pods.values()].map(({ zone: podZone, ...pod }): ReachPod => {
      if (podZone !== "" && (zone === "" || podZone < zone)) zone = podZone;
      return { ...pod, addresses: sortedAddresses(pod.addresses) };
    });
    return {
      ports: group.ports,
      pods: pods.toSorted((a, b) => compareText(a.addresses[0] ?? "", b.addresses[0] ?? "")),
    };
  });
  return { zone, groups: made };
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const held = map.get(key);
  if (held !== undefined) return held;
  const made = make();
  map.set(key, made);
  return made;
}
