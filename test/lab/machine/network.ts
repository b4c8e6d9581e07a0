// Wires machines to the segment: the switch's bridge, one cable a machine, addresses and kernel
// settings. It writes no routes but the default one; those of clusters are cluster/routes.ts's.

import { hostAddress, prefixLength, segment, switchAddress } from "../addresses.ts";
import type { DualStack } from "../addresses.ts";
import { output, run } from "../run.ts";
import { outputOn, runOn } from "./machine.ts";
import type { Machine } from "./machine.ts";

/** The one link that the lab has in this machine's own network namespace. */
export const hostLink = "sealane-lab";

/**
 * The bridge's own address. Left alone it is the lowest of its ports', so it changes with machines that
 * come and go, and every neighbour loses etcd until its cache notices.
 */
const switchMac = "02:5e:a1:00:00:01";

const length4 = prefixLength(segment.v4);
const length6 = prefixLength(segment.v6);

/**
 * Kernel settings of every machine, as on a router: it forwards, hashes flows over equal paths by
 * ports, takes no route from strangers and, as its links are made up, probes for no duplicate address.
 */
const settings: Readonly<Record<string, number>> = {
  "net/ipv4/ip_forward": 1,
  "net/ipv6/conf/all/forwarding": 1,
  "net/ipv4/conf/all/rp_filter": 0,
  "net/ipv4/conf/default/rp_filter": 0,
  "net/ipv4/conf/all/send_redirects": 0,
  "net/ipv4/conf/default/send_redirects": 0,
  "net/ipv4/conf/all/accept_redirects": 0,
  "net/ipv4/conf/default/accept_redirects": 0,
  "net/ipv6/conf/all/accept_redirects": 0,
  "net/ipv6/conf/default/accept_redirects": 0,
  "net/ipv6/conf/all/accept_ra": 0,
  "net/ipv6/conf/default/accept_ra": 0,
  "net/ipv6/conf/all/accept_dad": 0,
  "net/ipv6/conf/default/accept_dad": 0,
  "net/ipv4/fib_multipath_hash_policy": 1,
  "net/ipv6/fib_multipath_hash_policy": 1,
  "net/ipv4/conf/all/ignore_routes_with_linkdown": 1,
  "net/ipv6/conf/all/ignore_routes_with_linkdown": 1,
};

/** Makes the switch: its bridge with the gateway's addresses, and the cable to this machine. */
export async function wireSwitch(machine: Machine): Promise<void> {
  await applySettings(machine);
  await ipBatch(machine, [
    "link set lo up",
    `link add segment address ${switchMac} type bridge stp_state 0 mcast_snooping 0`,
    `addr add ${switchAddress.v4}/${length4} dev segment`,
    `addr add ${switchAddress.v6}/${length6} dev segment nodad`,
    "link set segment up",
    `link add name host type veth peer name ${hostLink} netns ${process.pid}`,
    "link set host master segment up",
  ]);
}

/** Gives this machine its address on the segment, so that kubeconfigs work from its own namespace. */
export async function wireHost(ip: string): Promise<void> {
  await output([ip, "-batch", "-"], {
    input: [
      `addr add ${hostAddress.v4}/${length4} dev ${hostLink}`,
      `addr add ${hostAddress.v6}/${length6} dev ${hostLink} nodad`,
      `link set ${hostLink} up`,
    ].join("\n"),
  });
}

/** Throws when this machine already has a route that overlaps the segment. */
export async function requireFreeSegment(ip: string): Promise<void> {
  const found = await run([ip, "route", "show", "root", segment.v4]);
  const lines = found.stdout.split("\n").filter((line) => line !== "" && !line.includes(` dev ${hostLink} `));
  if (lines.length > 0) {
    throw new Error(`Cannot use the segment ${segment.v4}: this machine has the route "${lines[0]?.trim()}"`);
  }
}

/**
 * The link address of a machine, by its IPv4 address: the same after a reboot, as a network card has it. Neighbours
 * would go on sending to the old one until their caches noticed.
 */
function linkAddress({ v4 }: DualStack): string {
  return ["02", "5e", ...v4.split(".").map((part) => Number(part).toString(16).padStart(2, "0"))].join(":");
}

/** Plugs a machine into the segment as `eth0` with these addresses and the switch as its gateway. */
export async function wireMachine(theSwitch: Machine, machine: Machine, address: DualStack): Promise<void> {
  await applySettings(machine);
  const port = `p-${machine.name}`.slice(0, 15);
  // The port of a machine of the same name that was just taken away: the kernel removes it only after a while.
  await runOn(theSwitch, ["ip", "link", "del", port]);
  await ipBatch(theSwitch, [
    `link add name ${port} type veth peer name eth0 address ${linkAddress(address)} netns ${machine.pid}`,
    `link set ${port} master segment up`,
  ]);
  await ipBatch(machine, [
    "link set lo up",
    `addr add ${address.v4}/${length4} dev eth0`,
    `addr add ${address.v6}/${length6} dev eth0 nodad`,
    "link set eth0 up",
    `route add default via ${switchAddress.v4}`,
    `route add ::/0 via ${switchAddress.v6}`,
  ]);
}

/** Runs lines of `ip -batch` inside a machine. */
export async function ipBatch(machine: Machine, lines: readonly string[]): Promise<void> {
  await outputOn(machine, ["ip", "-batch", "-"], { input: `${lines.join("\n")}\n` });
}

async function applySettings(machine: Machine): Promise<void> {
  const lines = Object.entries(settings).map(([name, value]) => `echo ${value} > /proc/sys/${name}`);
  await outputOn(machine, ["sh", "-eu"], { input: lines.join("\n") });
}
