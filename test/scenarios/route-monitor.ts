// Follows the routes of a machine's kernel as the kernel tells them, with the time of each change. It proves nothing
// by itself: a story that expects silence must first make it hear something.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Machine } from "../lab/index.ts";
import { outputOn, waitUntil } from "../lab/index.ts";
import { entering, machineEnvironment } from "../lab/machine/machine.ts";

/** One change of one route. */
export interface RouteChange {
  readonly atUnixMs: number;
  readonly machine: string;
  readonly change: "set" | "deleted";
  /** As `ip` writes it: without a length for a single address. */
  readonly destination: string;
  readonly nextHops: readonly string[];
  /** Who wrote it: `bird`, `kernel`, `boot`. */
  readonly protocol: string;
}

/** A running monitor. */
export interface RouteMonitor {
  readonly machine: Machine;
  readonly changes: readonly RouteChange[];
  readonly close: () => void;
}

/** Starts to follow; resolves when the kernel is being heard. */
export async function monitorRoutes(machine: Machine): Promise<RouteMonitor> {
  const [program = "", ...args] = await entering(machine, "exec", [
    "stdbuf",
    "-oL",
    "ip",
    "-o",
    "-ts",
    "monitor",
    "route",
  ]);
  const child = spawn(program, args, { env: machineEnvironment, stdio: ["ignore", "pipe", "inherit"] });
  const changes: RouteChange[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    const change = parseRouteChange(machine.name, line);
    if (change !== undefined) changes.push(change);
  });
  return { machine, changes, close: () => child.kill("SIGTERM") };
}

/** One line of `ip -o -ts monitor route`; undefined for lines of other kinds. */
export function parseRouteChange(machine: string, line: string): RouteChange | undefined {
  const found =
    /^\[(?<at>[^\]]+)\] (?<deleted>Deleted )?(?:unicast )?(?<destination>default|[0-9a-f.:]+(?:\/\d+)?) (?<rest>.*)$/.exec(
      line,
    );
  const { at, deleted, destination, rest } = found?.groups ?? {};
  if (at === undefined || destination === undefined || rest === undefined) return undefined;
  return {
    atUnixMs: Date.parse(`${at}Z`),
    machine,
    change: deleted === undefined ? "set" : "deleted",
    destination,
    protocol: /proto (\S+)/.exec(rest)?.[1] ?? "boot",
    nextHops: [...rest.matchAll(/via (?:inet6? )?([0-9a-f.:]+)/g)].map(([, hop = ""]) => hop).toSorted(),
  };
}

/** Routes of the routing daemon that went. Those of a node's own pods, which come and go with them, are not its. */
export function removedRoutes({ changes }: RouteMonitor): readonly RouteChange[] {
  return changes.filter(({ change, protocol }) => change === "deleted" && protocol === "bird");
}

const proofDestinations = ["198.51.100.77", "2001:db8:77::77"];

function isProof({ destination }: RouteChange): boolean {
  return proofDestinations.includes(destination);
}

/** Removes a route of each family on every machine on purpose, again until its monitor has heard of it. */
export async function proveMonitors(monitors: readonly RouteMonitor[]): Promise<void> {
  for (const monitor of monitors) {
    for (const destination of proofDestinations) {
      const length = destination.includes(":") ? 128 : 32;
      const route = [`${destination}/${length}`, "dev", "lo", "proto", "bird"];
      await waitUntil(
        { what: `${monitor.machine.name} to hear ${destination} go`, timeoutMs: 10_000, intervalMs: 250 },
        async () => {
          await outputOn(monitor.machine, ["ip", "route", "replace", ...route]);
          await outputOn(monitor.machine, ["ip", "route", "del", ...route]);
          return removedRoutes(monitor).some((change) => change.destination === destination);
        },
      );
    }
  }
}

/** Removals that nobody made on purpose, as text: `b1 10.113.0.53`. */
export function unwantedRemovals(monitors: readonly RouteMonitor[]): readonly string[] {
  return monitors
    .flatMap(removedRoutes)
    .filter((change) => !isProof(change))
    .map(({ machine, destination }) => `${machine} ${destination}`);
}
