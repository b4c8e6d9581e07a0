// A change that travels the whole way: an exported Service whose one endpoint moves between two nodes of its cluster, seen
// as the next hop in every other cluster's kernels. Its arrival proves agent, hub, agent, speaker and BIRD at once.

import { waitUntil } from "../lab/index.ts";
import type { Lab, LabCluster } from "../lab/index.ts";
import { applyText, kubectlJson, nextHops, nodeAddresses, others, serviceAddresses } from "./story.ts";
import { manualManifest, manualSlice } from "./workloads.ts";

const name = "pulse";

/** The moving Service. */
export interface Pulse {
  /** Moves the endpoint to the other node, and gives that node's name. */
  readonly beat: () => Promise<string>;
  /** Waits until every other cluster's kernels have the newest node, and no other, as next hop of both families. */
  readonly arrived: (timeoutMs: number) => Promise<void>;
}

/** Makes the Service in a cluster, with its endpoint on the first of two nodes; resolves when that is known everywhere. */
export async function startPulse(
  lab: Lab,
  cluster: LabCluster,
  nodes: readonly [string, string],
): Promise<Pulse> {
  await applyText(cluster, manualManifest(name));
  const addresses = await serviceAddresses(cluster, name);
  const pods = await Promise.all(nodes.map((node) => freePodAddresses(cluster, node)));
  let at = 0;
  const beat = async () => {
    at = 1 - at;
    const node = nodes[at] ?? "";
    await Promise.all(
      (["IPv4", "IPv6"] as const).map((family, index) => {
        const endpoint = { address: pods[at]?.[index] ?? "", node, ready: true };
        return applyText(cluster, manualSlice(name, family, [endpoint]));
      }),
    );
    return node;
  };
  const arrived = async (timeoutMs: number) => {
    const node = nodes[at] ?? "";
    for (const { nodes: kernels } of others(lab, cluster)) {
      for (const kernel of kernels) {
        for (const address of addresses) {
          const want = nodeAddresses(cluster, [node], address.includes(":") ? "v6" : "v4").join();
          await waitUntil(
            { what: `next hop ${want} of ${address} on ${kernel.name}`, timeoutMs, intervalMs: 50 },
            async () => (await nextHops(kernel, address)).join() === want,
          );
        }
      }
    }
  };
  await beat();
  await arrived(60_000);
  return { beat, arrived };
}

/** Addresses at the end of the node's own pod ranges, IPv4 first: the CNI plugin gives them from the beginning. */
async function freePodAddresses(cluster: LabCluster, node: string): Promise<[string, string]> {
  const { spec } = await kubectlJson<{ spec: { podCIDRs: string[] } }>(cluster, ["get", "node", node]);
  const [v4 = "", v6 = ""] = spec.podCIDRs;
  return [v4.replace(/\.0\/24$/, ".250"), v6.replace(/::\/64$/, "::250")];
}
