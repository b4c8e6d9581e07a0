// Endpoints of an imported service, by the cluster they come from, family and ports: pods, or the exporter's Service
// address where its export says so. A port that lost a conflict is left out, so that traffic to it reaches only those
// who really expose it (KEP-1645).

import { compareAddresses, familyOf, parseAddress } from "../address.ts";
import { compareText } from "../compare.ts";
import type { DesiredEndpoint, DesiredSlices } from "../desired.ts";
import type { ReachGroup, ReachPod, ReachPort } from "../facts.ts";
import { isPodNameable } from "../names.ts";
import type { Exporter, MergedService } from "../published.ts";
import { importShard, memberShard, reachShard } from "../published-shards.ts";
import type { View } from "../view.ts";
import { slicePorts } from "./ports.ts";

const addressTypes = ["IPv4", "IPv6"] as const;

/**
 * Every cluster's endpoints of the service, the importer's own too; sorted by cluster, family, ports. What the importer
 * exports itself it imports as pods, whatever the others import of it.
 */
export function localiseSlices(
  view: View,
  namespace: string,
  name: string,
  importer: string,
): readonly DesiredSlices[] {
  const service = view.import(namespace, name);
  if (service === undefined) return [];
  const wanted = addressTypes.filter(
    (type) => service.ipFamilies.length === 0 || service.ipFamilies.includes(type),
  );
  return service.exporters.flatMap((exporter) => {
    if (exporter.endpoints === "vip" && exporter.cluster !== importer)
      return addressSlices(view, service, exporter, { namespace, name, wanted });
    const groups = groupsOf(view, service, exporter, namespace, name);
    return wanted.flatMap((addressType) =>
      groups.flatMap(({ ports, pods }): DesiredSlices[] => {
        const endpoints = endpointsOf(pods, addressType, (hostname) =>
          isPodNameable(hostname, exporter.cluster, name, namespace),
        );
        return endpoints.length === 0
          ? []
          : [{ namespace, name, cluster: exporter.cluster, addressType, ports, endpoints }];
      }),
    );
  });
}

/**
 * Whether endpoints of a cluster that are not wanted may be removed: the cluster is known to export the service no
 * longer, or its pods are known to their end. Those are of accepted exports alone, so they tell the one and the other,
 * whatever clusters are yet to be heard.
 */
export function mayRemoveEndpoints(view: View, namespace: string, name: string, cluster: string): boolean {
  if (view.complete(reachShard(cluster, namespace))) return true;
  const exports = view.import(namespace, name)?.exporters.some((exporter) => exporter.cluster === cluster);
  if (exports === true) return false;
  if (view.complete(importShard(namespace))) return true;
  return view.member(cluster) === undefined && view.complete(memberShard);
}

/** One text for equal ports, to group and to compare by. */
export function portsKey(ports: readonly ReachPort[]): string {
  return ports.map((port) => `${port.name}:${port.protocol}/${port.port}/${port.appProtocol}`).join(",");
}

/** Orders ports by name, protocol, number. */
export function compareReachPorts(a: ReachPort, b: ReachPort): number {
  return compareText(a.name, b.name) || compareText(a.protocol, b.protocol) || a.port - b.port;
}

/** Orders canonical address text. */
export function compareEndpoints(a: DesiredEndpoint, b: DesiredEndpoint): number {
  return a.address === b.address ? 0 : compareAddresses(parseAddress(a.address), parseAddress(b.address));
}

interface AddressSlicesOf {
  readonly namespace: string;
  readonly name: string;
  readonly wanted: readonly ("IPv4" | "IPv6")[];
}

/**
 * The exporter's Service addresses, one endpoint for each family. They serve while a pod behind a port that counts is
 * ready, as their routes do; nothing is said while that is not known, so what was said holds.
 */
function addressSlices(
  view: View,
  service: MergedService,
  exporter: Exporter,
  { namespace, name, wanted }: AddressSlicesOf,
): readonly DesiredSlices[] {
  const { cluster, clusterAddresses } = exporter;
  const ports = service.ports
    .filter((port) => exporter.ports.includes(port.name))
    .flatMap((port) => slicePorts(service, port))
    .toSorted(compareReachPorts);
  const ready = groupsOf(view, service, exporter, namespace, name).some(({ pods }) =>
    pods.some(({ pod }) => pod.ready),
  );
  if (ports.length === 0 || (!ready && !view.complete(reachShard(cluster, namespace)))) return [];
  return wanted.flatMap((addressType): DesiredSlices[] => {
    const family = addressType === "IPv4" ? 4 : 6;
    const address = clusterAddresses.find((each) => familyOf(each) === family);
    if (address === undefined) return [];
    const endpoint = { address, ready, serving: ready, terminating: false, hostname: "", zone: "" };
    return [{ namespace, name, cluster, addressType, ports, endpoints: [endpoint] }];
  });
}

interface PortGroup {
  readonly ports: readonly ReachPort[];
  readonly pods: readonly { readonly pod: ReachPod; readonly zone: string }[];
}

/** The exporter's pods by the ports that count, sorted by ports. */
function groupsOf(
  view: View,
  service: MergedService,
  exporter: Exporter,
  namespace: string,
  name: string,
): readonly PortGroup[] {
  const groups = new Map<string, { ports: readonly ReachPort[]; pods: { pod: ReachPod; zone: string }[] }>();
  for (const [, reach] of view.reach(exporter.cluster, namespace, name)) {
    for (const group of reach.groups) {
      const ports = countingPorts(service, exporter, group);
      if (ports === undefined) continue;
      const key = portsKey(ports);
      const known = groups.get(key) ?? { ports, pods: [] };
      groups.set(key, known);
      for (const pod of group.pods) known.pods.push({ pod, zone: reach.zone });
    }
  }
  return [...groups].toSorted(([a], [b]) => compareText(a, b)).map(([, group]) => group);
}

/** The group's ports that the cluster exposes under the merged service; undefined when it had some and none is left. */
function countingPorts(
  service: MergedService,
  exporter: Exporter,
  group: ReachGroup,
): readonly ReachPort[] | undefined {
  const counting = group.ports.filter((port) => exporter.ports.includes(port.name));
  if (counting.length === 0 && group.ports.length > 0) return undefined;
  return counting.flatMap((port) => slicePorts(service, port)).toSorted(compareReachPorts);
}

/**
 * The pods' endpoints of one family. A hostname that would make a name too long is left out, and the pod is named by its
 * address: one such name in an answer, and nobody can read the answer.
 */
function endpointsOf(
  pods: PortGroup["pods"],
  addressType: "IPv4" | "IPv6",
  isNameable: (hostname: string) => boolean,
): readonly DesiredEndpoint[] {
  const family = addressType === "IPv4" ? 4 : 6;
  const found = new Map<string, DesiredEndpoint>();
  for (const { pod, zone } of pods) {
    for (const address of pod.addresses) {
      if (familyOf(address) !== family) continue;
      const { ready, serving, terminating } = pod;
      const hostname = isNameable(pod.hostname) ? pod.hostname : "";
      const endpoint = { address, ready, serving, terminating, hostname, zone };
      const known = found.get(address);
      if (known === undefined || rank(endpoint) > rank(known)) found.set(address, endpoint);
    }
  }
  return [...found.values()].toSorted(compareEndpoints);
}

/** Of two pods that were given one address in turn, the one that is alive counts, whatever the order of nodes. */
function rank(endpoint: DesiredEndpoint): string {
  const { ready, serving, terminating, hostname, zone } = endpoint;
  return `${Number(ready)}${Number(serving)}${Number(!terminating)} ${hostname} ${zone}`;
}
