// A driver whose daemon and kernel are two maps, for tests of what stands above drivers. It records every wish
// and throws on one that no real driver could be given.

import type { DesiredRoutes } from "@sealane/core";
import { canonicalPrefix } from "@sealane/core";
import { disagreements, liveRoutes, shadowed } from "../compare.ts";
import type { Applied, DaemonRoute, KernelRoute, ObservedRoutes, RouteDriver } from "../driver.ts";
import type { OnLinkNetwork } from "../kernel.ts";
import { screen } from "../screen.ts";

/** What outlives a driver: the daemon, the kernel, and what was asked. */
export interface MemoryNode {
  readonly networks: readonly OnLinkNetwork[];
  readonly daemon: Map<string, DaemonRoute>;
  readonly kernel: Map<string, KernelRoute>;
  readonly foreign: KernelRoute[];
  /** Every wish, in order. */
  readonly wishes: DesiredRoutes[];
  /** Set it to have the daemon away. */
  down: boolean;
  /** Awaited inside every `set`: lets a test hold one. */
  pace: () => Promise<void>;
  /** Awaited inside every `sync`. */
  disk: () => Promise<void>;
}

/** A node without routes. */
export function memoryNode(): MemoryNode {
  return {
    networks: [
      { prefix: "10.10.0.0/24", address: "10.10.0.1", link: "eth0" },
      { prefix: "fd10::/64", address: "fd10::1", link: "eth0" },
    ],
    daemon: new Map(),
    kernel: new Map(),
    foreign: [],
    wishes: [],
    down: false,
    pace: async () => Promise.resolve(),
    disk: async () => Promise.resolve(),
  };
}

/** A driver on the node. */
export function memoryDriver(node: MemoryNode): RouteDriver {
  const abilities = { originate: true, install: true, nextHopsMax: 64 };
  let busy = false;
  return {
    abilities,
    set: async (desired) => {
      if (busy) throw new Error("Cannot set routes: the set before has not ended");
      busy = true;
      try {
        requirePossible(desired);
        node.wishes.push(desired);
        await node.pace();
        if (node.down) throw new Error("The daemon does not answer");
        const { accepted, findings } = screen(desired, {
          networks: node.networks,
          nextHopsMax: abilities.nextHopsMax,
        });
        const change = write(node, accepted);
        const live = liveRoutes(desired, accepted, []);
        return { change, live, findings: [...findings, ...shadowed(accepted, kernelOf(node))] };
      } finally {
        busy = false;
      }
    },
    sync: async () => node.disk(),
    watch: () => undefined,
    observed: async (): Promise<ObservedRoutes> => {
      const daemon = [...node.daemon.values()];
      return Promise.resolve({
        daemon: node.down
          ? { known: false, why: "the daemon does not answer" }
          : { known: true, value: daemon },
        kernel: { known: true, value: kernelOf(node) },
      });
    },
    close: async () => Promise.resolve(),
  };
}

function write(node: MemoryNode, accepted: DesiredRoutes): Applied["change"] {
  const views = () => ({ daemon: [...node.daemon.values()], kernel: kernelOf(node) });
  const before = disagreements(accepted, views(), []);
  if (before.length === 0) return "nothing";
  node.daemon.clear();
  node.kernel.clear();
  for (const { prefix, nextHops } of accepted.install) {
    node.daemon.set(`install ${prefix}`, { prefix, kind: "install", nextHops, preferred: true });
    node.kernel.set(prefix, { prefix, type: "unicast", protocol: "bird", metric: 32, nextHops });
  }
  for (const { prefix } of accepted.originate) {
    node.daemon.set(`originate ${prefix}`, { prefix, kind: "originate", nextHops: [], preferred: true });
  }
  return before.every(({ where }) => where === "kernel") ? "repaired" : "applied";
}

/** Throws on text that is not canonical, a prefix twice, or a route without next hops. */
function requirePossible({ install, originate }: DesiredRoutes): void {
  for (const routes of [install, originate]) {
    for (const { prefix } of routes) {
      if (canonicalPrefix(prefix) !== prefix)
        throw new Error(`The wish has ${prefix}, which is not canonical`);
    }
    if (new Set(prefixes(routes)).size !== routes.length) throw new Error("The wish has a prefix twice");
  }
  const empty = install.find(({ nextHops }) => nextHops.length === 0);
  if (empty !== undefined) throw new Error(`The wish has ${empty.prefix} without next hops`);
}

function kernelOf({ kernel, foreign }: MemoryNode): readonly KernelRoute[] {
  return [...kernel.values(), ...foreign];
}

function prefixes(routes: readonly { readonly prefix: string }[]): readonly string[] {
  return routes.map(({ prefix }) => prefix);
}
