// Reads BIRD 2.0's answers to `show route` and `show protocols` into plain values. Pure; unknown lines are
// passed over, as BIRD prints attributes that are none of our business.

import { canonicalAddress, canonicalPrefix } from "@sealane/core";
import type { DaemonRoute } from "../../driver.ts";
import type { Reply } from "./control.ts";
import { protocolKinds } from "./render.ts";

/** Asks for every route of our protocols, in both families' tables, preferred or not. */
export const showOurRoutes = 'show route where proto ~ "sealane_*"';

interface OpenRoute {
  readonly prefix: string;
  readonly protocol: string;
  readonly preferred: boolean;
  readonly nextHops: string[];
}

/** The routes of an answer, ours and others', in BIRD's order. 8001 (network not found) is no route. */
export function parseRoutes({ lines }: Reply): readonly OpenRoute[] {
  const routes: OpenRoute[] = [];
  let prefix = "";
  for (const { text } of lines) {
    const head = /^(\S*)\s+(?:unicast|blackhole|unreachable|prohibited)\s+\[(\S+) [^\]]*\]( [*!])?/.exec(
      text,
    );
    if (head !== null) {
      const [, network = "", protocol = "", mark] = head;
      if (network !== "") prefix = canonicalPrefix(network);
      routes.push({ prefix, protocol, preferred: mark !== undefined, nextHops: [] });
      continue;
    }
    const hop = /^\s+via (\S+)/.exec(text)?.[1];
    if (hop !== undefined) routes.at(-1)?.nextHops.push(canonicalAddress(hop));
  }
  return routes;
}

/** The answer to `showOurRoutes`, sorted by prefix. */
export function parseOurRoutes(reply: Reply): readonly DaemonRoute[] {
  const ours: DaemonRoute[] = [];
  for (const { prefix, protocol, preferred, nextHops } of parseRoutes(reply)) {
    const kind = protocolKinds.get(protocol);
    if (kind !== undefined) ours.push({ prefix, kind, preferred, nextHops: nextHops.toSorted() });
  }
  return ours.toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1));
}

/** A line of `show protocols`. */
export interface Protocol {
  readonly name: string;
  /** `Kernel`, `BGP`, `Static` ... */
  readonly kind: string;
  /** The last word: `Established`, `up` ... */
  readonly info: string;
}

/** The answer to `show protocols`, in BIRD's order. */
export function parseProtocols({ lines }: Reply): readonly Protocol[] {
  return lines.flatMap(({ code, text }) => {
    const [name, kind, ...rest] = text.trim().split(/\s+/);
    if (code !== "1002" || name === undefined || kind === undefined) return [];
    return [{ name, kind, info: rest.at(-1) ?? "" }];
  });
}

/** Names of the kernel protocols in an answer to `show protocols`. */
export function parseKernelProtocols({ lines }: Reply): readonly string[] {
  return lines.flatMap(({ text }) => /^(\S+)\s+Kernel\s/.exec(text)?.[1] ?? []);
}
