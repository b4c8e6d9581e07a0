// How kube-proxy tells its cluster's pods from others, and whose addresses it hides. Packets of other clusters'
// pods for a Service address must be masqueraded, or answers of pods elsewhere bypass this node. Pure.

import type { CheckResult, Family } from "@sealane/core";
import { overlapsPrefix, parsePrefix, readPrefix, well, wrong } from "@sealane/core";
import type { OnLinkNetwork } from "../kernel.ts";
import { familiesOf } from "./judge-settings.ts";

/** The running kube-proxy's configuration, as far as it is judged. */
export interface KubeProxyConfig {
  readonly masqueradeAll: boolean;
  /** `ClusterCIDR`, `NodeCIDR`, `BridgeInterface`, `InterfaceNamePrefix`. */
  readonly detectLocalMode: string;
  /** One for each family at most; only the first of a family counts. */
  readonly clusterCidrs: readonly string[];
  readonly bridgeInterface: string;
  readonly interfaceNamePrefix: string;
}

/** What it is judged against. */
export interface KubeProxySurroundings {
  readonly networks: readonly OnLinkNetwork[];
  readonly uplinks: readonly string[];
  readonly peerPodPrefixes: readonly string[];
}

/** Masquerading, and local detection. */
export function judgeKubeProxy(
  config: KubeProxyConfig,
  around: KubeProxySurroundings,
): readonly CheckResult[] {
  const subject = "kube-proxy's masqueradeAll";
  const all = config.masqueradeAll
    ? wrong(subject, "KubeProxyMasqueradesAll", "kube-proxy runs with masqueradeAll: true")
    : well(subject, "is false: imports keep their clients' addresses");
  return [all, judgeLocal(config, around)];
}

const localSubject = "kube-proxy's local detection";

function judgeLocal(config: KubeProxyConfig, around: KubeProxySurroundings): CheckResult {
  switch (config.detectLocalMode) {
    case "ClusterCIDR":
      return judgeClusterCidr(config.clusterCidrs, around);
    case "NodeCIDR":
      return well(localSubject, "is by the node's own pod ranges");
    case "BridgeInterface":
      return judgeInterface(
        config.bridgeInterface,
        "the bridge",
        around.uplinks,
        (link, name) => link === name,
      );
    case "InterfaceNamePrefix":
      return judgeInterface(config.interfaceNamePrefix, "interfaces named", around.uplinks, (link, prefix) =>
        link.startsWith(prefix),
      );
    default:
      return unknownLocal(`detectLocalMode is "${config.detectLocalMode}"`);
  }
}

function judgeClusterCidr(
  cidrs: readonly string[],
  { networks, peerPodPrefixes }: KubeProxySurroundings,
): CheckResult {
  const parsed = cidrs.flatMap((cidr) => readPrefix(cidr) ?? []);
  const lacking = familiesOf(networks).filter((family) => !parsed.some((cidr) => cidr.family === family));
  const said = cidrs.length === 0 ? "empty" : `"${cidrs.join(",")}"`;
  if (lacking.length > 0) {
    const without = lacking.map(familyName).join(" and ");
    return unknownLocal(`detectLocalMode is ClusterCIDR and clusterCIDR is ${said}, without ${without}`);
  }
  const foreign = peerPodPrefixes.find((peer) =>
    parsed.some((cidr) => overlapsPrefix(cidr, parsePrefix(peer))),
  );
  if (foreign === undefined) return well(localSubject, `is by clusterCIDR ${said}`);
  return wrong(
    localSubject,
    "KubeProxyLocalTooWide",
    `clusterCIDR is ${said}, which meets ${foreign}, pods of another cluster`,
  );
}

function judgeInterface(
  name: string,
  what: string,
  uplinks: readonly string[],
  takes: (link: string, name: string) => boolean,
): CheckResult {
  if (name === "") return unknownLocal(`${what} of its detectLocalMode is not named`);
  const uplink = uplinks.find((link) => takes(link, name));
  if (uplink === undefined) return well(localSubject, `is by ${what} "${name}"`);
  const message = `it takes what comes by ${what} "${name}" for local, and ${uplink} leads to other clusters`;
  return wrong(localSubject, "KubeProxyLocalTooWide", message);
}

function unknownLocal(message: string): CheckResult {
  return wrong(localSubject, "KubeProxyLocalUnknown", message);
}

function familyName(family: Family): string {
  return `IPv${family}`;
}
