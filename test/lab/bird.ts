// BIRD on nodes and on the outside host: the operator's side. It renders their main files and starts
// the daemon; the one include is Sealane's, and the lab writes only the stub that lets BIRD start.

import { clusterAsn, outsideAddress, outsideAsn } from "./addresses.ts";
import { writeMachineFiles } from "./machine/files.ts";
import { startDaemon } from "./machine/daemon.ts";
import { outputOn } from "./machine/machine.ts";
import type { Machine } from "./machine/machine.ts";
import type { ClusterPlan, NodePlan } from "./topology.ts";

/** The include that Sealane owns on every node. It must define `sealane_announce` and `sealane_install`. */
export const sealaneInclude = "/var/lib/sealane/bird/sealane.conf";

/** BIRD's control socket on every machine that runs it. */
export const birdSocket = "/run/bird/bird.ctl";

/** What the include says before Sealane has written it: nothing leaves and nothing is installed. */
export const stubInclude = `# Written by the lab until Sealane takes this file over.
function sealane_announce() { return false; }
function sealane_install() { return false; }
`;

const timers = `hold time 15; keepalive time 5;
  connect delay time 1; connect retry time 2; error wait time 1, 5;
  graceful restart on; graceful restart time 30;`;

/** The operator's bird.conf of a cluster's node. */
export function nodeBirdConfig(cluster: ClusterPlan, node: NodePlan): string {
  return `# The operator's file. What may leave and what is installed is decided by two functions, each giving a
# bool, that Sealane defines in the one file it owns.
log stderr all;
router id ${node.address.v4};
include "${sealaneInclude}";

protocol device { scan time 5; }

protocol kernel kernel4 {
  ipv4 { import none; export where sealane_install(); };
  merge paths on limit 64;
  graceful restart on;
  persist on;
}

protocol kernel kernel6 {
  ipv6 { import none; export where sealane_install(); };
  merge paths on limit 64;
  graceful restart on;
  persist on;
}

protocol bgp outside4 {
  local ${node.address.v4} as ${cluster.asn};
  neighbor ${outsideAddress.v4} as ${outsideAsn};
  ${timers}
  ipv4 { import none; export where sealane_announce(); };
}

protocol bgp outside6 {
  local ${node.address.v6} as ${cluster.asn};
  neighbor ${outsideAddress.v6} as ${outsideAsn};
  ${timers}
  ipv6 { import none; export where sealane_announce(); };
}
`;
}

/** The outside host's bird.conf: it learns from every node of every cluster and gives nothing back. */
export function outsideBirdConfig(clusters: readonly ClusterPlan[]): string {
  const sessions = clusters.flatMap((cluster) =>
    cluster.nodes.flatMap((node) => {
      const name = node.name.replaceAll("-", "_");
      return [
        session(`${name}_v4`, "ipv4", cluster.index, node),
        session(`${name}_v6`, "ipv6", cluster.index, node),
      ];
    }),
  );
  return `# A plain host outside every cluster: it takes routes by BGP and uses all equal paths.
log stderr all;
router id ${outsideAddress.v4};

protocol device { scan time 5; }

protocol kernel kernel4 {
  ipv4 { import none; export where source = RTS_BGP; };
  merge paths on limit 64;
}

protocol kernel kernel6 {
  ipv6 { import none; export where source = RTS_BGP; };
  merge paths on limit 64;
}

${sessions.join("\n")}`;
}

/** Writes a node's files and starts its BIRD. */
export async function startNodeBird(machine: Machine, cluster: ClusterPlan, node: NodePlan): Promise<void> {
  await writeMachineFiles(machine.name, "/etc/bird", { "bird.conf": nodeBirdConfig(cluster, node) });
  await writeMachineFiles(machine.name, "/", { [sealaneInclude]: stubInclude });
  await startBird(machine);
}

/** Writes the outside host's file and starts its BIRD, or lets a running one read it again. */
export async function startOutsideBird(
  machine: Machine,
  clusters: readonly ClusterPlan[],
  state: "new" | "running",
): Promise<void> {
  await writeMachineFiles(machine.name, "/etc/bird", { "bird.conf": outsideBirdConfig(clusters) });
  if (state === "new") await startBird(machine);
  else await outputOn(machine, ["birdc", "configure"]);
}

/** How many of the outside host's BGP sessions are established, and how many there are. */
export async function outsideSessions(
  machine: Machine,
): Promise<{ readonly up: number; readonly all: number }> {
  const lines = (await outputOn(machine, ["birdc", "show", "protocols"])).split("\n");
  const sessions = lines.filter((line) => / BGP /.test(line));
  return { up: sessions.filter((line) => line.includes("Established")).length, all: sessions.length };
}

function session(name: string, channel: "ipv4" | "ipv6", index: number, node: NodePlan): string {
  const family = channel === "ipv4" ? "v4" : "v6";
  return `protocol bgp ${name} {
  local ${outsideAddress[family]} as ${outsideAsn};
  neighbor ${node.address[family]} as ${clusterAsn(index)};
  ${timers}
  ${channel} { import all; export none; };
}
`;
}

async function startBird(machine: Machine): Promise<void> {
  await startDaemon(machine, {
    name: "bird",
    argv: ["bird", "-f", "-c", "/etc/bird/bird.conf", "-s", birdSocket],
  });
}
