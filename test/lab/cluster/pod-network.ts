// A cluster's pod network, which a cloud's CNI would make: once a node has its pod ranges, its own CNI
// configuration, and routes to it on every other machine of its cluster. Nothing outside the cluster.

import type { ApiClient } from "./api-client.ts";
import { writeMachineFiles } from "../machine/files.ts";
import type { Machine } from "../machine/machine.ts";
import { ipBatch } from "../machine/network.ts";
import { machinesOf } from "../topology.ts";
import type { ClusterPlan } from "../topology.ts";
import { waitFor } from "../wait.ts";
import { cniConfig } from "./node-config.ts";

const podRangesTimeoutMs = 90_000;

interface NodeObject {
  readonly spec: { readonly podCIDRs?: readonly string[] };
}

/** Waits for each node's pod ranges and wires them; `machines` are the cluster's by name. */
export async function wirePods(
  plan: ClusterPlan,
  api: ApiClient,
  machines: ReadonlyMap<string, Machine>,
): Promise<void> {
  await Promise.all(
    plan.nodes.map(async (node) => {
      const ranges = await podRangesOf(api, node.name);
      for (const peer of machinesOf(plan)) {
        const machine = machines.get(peer.name);
        if (machine === undefined || peer.name === node.name) continue;
        await ipBatch(
          machine,
          ranges.map(
            (range) =>
              `route replace ${range} via ${range.includes(":") ? node.address.v6 : node.address.v4}`,
          ),
        );
      }
      await writeMachineFiles(node.name, "/etc/cni/net.d", { "10-lab.conflist": cniConfig(ranges) });
    }),
  );
}

function podRangesOf(api: ApiClient, node: string): Promise<readonly string[]> {
  return waitFor(
    { what: `the controller-manager to give node ${node} its pod ranges`, timeoutMs: podRangesTimeoutMs },
    async () => {
      const ranges = (await api.get<NodeObject>(`/api/v1/nodes/${node}`)).spec.podCIDRs ?? [];
      return ranges.length > 0 ? ranges : undefined;
    },
  );
}
