// Asks the running kube-proxy for its configuration (/configz of its metrics address): what it runs with, not what
// some file says. It judges nothing.

import type { KubeProxyConfig } from "./judge-kube-proxy.ts";

/** Rejects, naming the page, when kube-proxy does not answer with a configuration. */
export async function readKubeProxy(url: string, deadlineMs: number): Promise<KubeProxyConfig> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(deadlineMs) });
    if (!answer.ok) throw new Error(`it answers ${answer.status}`);
    return parseKubeProxy(await answer.json());
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(`Cannot read kube-proxy's configuration at ${url}: ${String(cause)}`, { cause: error });
  }
}

/**
 * The page's `kubeproxy.config.k8s.io`. Older releases write fields as Go names them (`DetectLocalMode`), and moved
 * some of them about, so names are compared without case and sought where they have been.
 */
export function parseKubeProxy(page: unknown): KubeProxyConfig {
  const config = field(page, "kubeproxy.config.k8s.io");
  if (typeof config !== "object" || config === null)
    throw new Error('the page has no "kubeproxy.config.k8s.io"');
  const detect = field(config, "detectLocal");
  const cidrs = field(detect, "clusterCIDRs") ?? field(config, "clusterCIDR") ?? "";
  return {
    masqueradeAll: [config, "iptables", "nftables", "linux"].some(
      (part) => field(typeof part === "string" ? field(config, part) : part, "masqueradeAll") === true,
    ),
    detectLocalMode: text(field(config, "detectLocalMode")),
    clusterCidrs: (Array.isArray(cidrs) ? cidrs.map(text) : text(cidrs).split(",")).filter(Boolean),
    bridgeInterface: text(field(detect, "bridgeInterface")),
    interfaceNamePrefix: text(field(detect, "interfaceNamePrefix")),
  };
}

function field(object: unknown, name: string): unknown {
  if (typeof object !== "object" || object === null) return undefined;
  const key = Object.keys(object).find((each) => each.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : (object as Readonly<Record<string, unknown>>)[key];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
