// The one static stub in the cluster's own Corefile, which sends the mesh's names to mesh-dns. It is found by
// the zones it serves, never by comments. Refuses files it cannot read and blocks that are not its own; every
// other byte is the operator's and stays.

import type { Corefile, ServerBlock, ZonePort } from "./corefile.ts";
import { parseCorefile } from "./corefile.ts";
import { block, print } from "./print.ts";
import type { Version } from "./version.ts";
import { isAtLeast } from "./version.ts";
import { addressProblem, clustersetZone, meshZoneProblem, sortedAddresses } from "./zone.ts";

/** What the stub says. */
export interface StubWish {
  readonly meshZone: string;
  /** Addresses of the own mesh-dns Service; at least one. */
  readonly addresses: readonly string[];
  /** Version of the cluster's CoreDNS; undefined when unknown, and then only old options are used. */
  readonly version: Version | undefined;
}

/** The Corefile as it should be. */
export interface Stubbed {
  readonly text: string;
  readonly changed: boolean;
  /** Our block as it should be, and as it was found; undefined for one that is not there. */
  readonly block: { readonly wanted: string | undefined; readonly found: string | undefined };
  /** Files imported beside the blocks: a block for the same zone in one of them is not seen. */
  readonly unseen: readonly string[];
}

/** Why the file was left alone. */
export interface Refusal {
  /** Foreign: someone else serves a zone of ours. Unreadable: CoreDNS would refuse it too. Wish: what we would write is not valid. */
  readonly cause: "foreign" | "unreadable" | "wish";
  readonly problem: string;
}

/** The Corefile with our stub: added at its end, or replaced where it stands. */
export function withStub(corefile: string, wish: StubWish): Stubbed | Refusal {
  const wrong = wishProblem(wish);
  if (wrong !== undefined) return { cause: "wish", problem: `Cannot write the stub: ${wrong}` };
  const found = findStub(corefile, wish.meshZone);
  if ("problem" in found) return found;
  const stub = stubText(wish, found.metrics);
  const text = found.block === undefined ? appended(corefile, stub) : replaced(corefile, found.block, stub);
  const block = { wanted: stub, found: blockText(corefile, found.block) };
  return { text, changed: text !== corefile, block, unseen: found.unseen };
}

/** The Corefile without our stub. Undoes `withStub` byte for byte. */
export function withoutStub(corefile: string, meshZone: string): Stubbed | Refusal {
  const found = findStub(corefile, meshZone);
  if ("problem" in found) return found;
  const text = found.block === undefined ? corefile : removed(corefile, found.block);
  const block = { wanted: undefined, found: blockText(corefile, found.block) };
  return { text, changed: text !== corefile, block, unseen: found.unseen };
}

function blockText(corefile: string, block: ServerBlock | undefined): string | undefined {
  return block && corefile.slice(block.start, block.end);
}

function wishProblem(wish: StubWish): string | undefined {
  if (wish.addresses.length === 0) return "the mesh-dns Service has no address yet";
  return (
    meshZoneProblem(wish.meshZone) ??
    wish.addresses.map(addressProblem).find((problem) => problem !== undefined)
  );
}

/** The block itself, without a newline at its end. */
function stubText({ meshZone, addresses, version }: StubWish, metrics: readonly string[]): string {
  const cache = ["denial 1024 5"];
  if (isAtLeast(version, [1, 14, 7])) cache.push("serve_stale 1h verify 0 5s");
  else if (isAtLeast(version, [1, 9, 2])) cache.push("serve_stale 1h verify");
  if (isAtLeast(version, [1, 9, 4])) cache.push("servfail 1s");
  const forward = ["max_concurrent 1000"];
  // CoreDNS has it since 1.12.1, but kubeadm's upgrade check knows it only since 1.13.0.
  if (isAtLeast(version, [1, 13, 0])) forward.push("failfast_all_unhealthy_upstreams");
  const stub = block(
    zonesOf(meshZone).map(zonePortText).join(" "),
    "errors",
    block("cache 10", ...cache),
    block(`forward . ${sortedAddresses(addresses).join(" ")}`, ...forward),
    ...metrics,
  );
  return print([stub]).trimEnd();
}

/** The main block's own line: another address would be a second listener, and would clash with the first. */
function metricsOf(corefile: Corefile): readonly string[] {
  const main = corefile.blocks.find((each) => each.zones.some(({ zone }) => zone === "."));
  const words = main?.directives.find(([plugin]) => plugin === "prometheus") ?? [];
  return words.length > 0 && words.every((word) => /^[\w.:[\]]+$/.test(word)) ? [words.join(" ")] : [];
}

function zonesOf(meshZone: string): readonly ZonePort[] {
  return [
    { zone: meshZone, port: 53 },
    { zone: clustersetZone, port: 53 },
  ];
}

interface Found {
  readonly block: ServerBlock | undefined;
  readonly metrics: readonly string[];
  readonly unseen: readonly string[];
}

/** A block is ours when it serves exactly our zones and forwards them. */
function findStub(corefile: string, meshZone: string): Found | Refusal {
  const parsed = parseCorefile(corefile);
  if ("problem" in parsed) {
    return { cause: "unreadable", problem: `Cannot read the cluster's Corefile: ${parsed.problem}` };
  }
  const ours = zonesOf(meshZone).map(zonePortText);
  const [first, second] = blocksServing(parsed, ours);
  const rest = { metrics: metricsOf(parsed), unseen: parsed.imports };
  if (first === undefined) return { block: undefined, ...rest };
  const foreign = [first, second].find((each) => each !== undefined && !isStub(each, ours));
  if (foreign !== undefined || second !== undefined) {
    const line = corefile.slice(0, (foreign ?? second)?.start).split("\n").length;
    const keys = (foreign ?? second)?.zones.map(zonePortText).join(" ");
    const problem =
      `Left the cluster's Corefile alone: the block "${keys}" in line ${line} already serves names of the mesh; ` +
      "remove these zones from it and the stub is added by itself";
    return { cause: "foreign", problem };
  }
  return { block: first, ...rest };
}

function blocksServing(corefile: Corefile, zones: readonly string[]): readonly ServerBlock[] {
  return corefile.blocks.filter((each) => each.zones.some((zone) => zones.includes(zonePortText(zone))));
}

function isStub(candidate: ServerBlock, zones: readonly string[]): boolean {
  const served = candidate.zones.map(zonePortText);
  return (
    served.length === zones.length &&
    zones.every((zone) => served.includes(zone)) &&
    candidate.directives.some(([plugin, from]) => plugin === "forward" && from === ".")
  );
}

function zonePortText({ zone, port }: ZonePort): string {
  return `${zone}:${port}`;
}

/** A file that lacks a newline at its end keeps lacking it: that is how `removed` knows what to take away. */
function appended(corefile: string, stub: string): string {
  return corefile === "" || corefile.endsWith("\n") ? `${corefile}${stub}\n` : `${corefile}\n${stub}`;
}

function replaced(corefile: string, { start, end }: ServerBlock, stub: string): string {
  return `${corefile.slice(0, start)}${stub}${corefile.slice(end)}`;
}

function removed(corefile: string, { start, end }: ServerBlock): string {
  const before = corefile.slice(0, start);
  const behind = corefile.slice(end);
  if (behind === "" && before.endsWith("\n")) return before.slice(0, -1);
  return before + (behind.startsWith("\n") ? behind.slice(1) : behind);
}
