// Judges a peers Corefile before it may replace the one in use. Refuses what CoreDNS would accept and never
// recover from (an empty file, one without `reload`), and what could not be proven live afterwards.

import type { Corefile } from "./corefile.ts";
import { parseCorefile } from "./corefile.ts";
import { peersPort } from "./front.ts";

/** What the text's beacon will answer once it is live. */
export interface Beacon {
  readonly meshZone: string;
  readonly generation: string;
}

/** The beacon of an acceptable text, or why the text may not be written. */
export function judgePeers(text: string): Beacon | { readonly problem: string } {
  const refused = (problem: string) => ({ problem: `Refused a peers Corefile: ${problem}` });
  if (text.trim() === "")
    return refused("it is empty, and CoreDNS would answer every name with nothing from then on");
  const corefile = parseCorefile(text);
  if ("problem" in corefile) return refused(corefile.problem);
  const problem = structureProblem(corefile);
  if (problem !== undefined) return refused(problem);
  return beaconOf(corefile) ?? refused("it has no beacon, so nobody could prove that it is live");
}

function structureProblem({ blocks, imports }: Corefile): string | undefined {
  if (imports.length > 0) return `it imports "${imports.join('", "')}", which is not part of it`;
  const directives = blocks.flatMap((block) => block.directives);
  if (!directives.some(([plugin]) => plugin === "reload"))
    return "it has no reload line, so it would be the last one";
  if (directives.some(([plugin]) => plugin === "health"))
    return "it has a health line, which holds reloads up";
  const seen = new Set<string>();
  for (const { zones, directives: own } of blocks) {
    const name = zones.map(({ zone, port }) => `${zone}:${port}`).join(" ");
    if (zones.length === 0 || zones.some(({ port }) => port !== peersPort)) {
      return `block "${name}" is not on port ${peersPort}`;
    }
    if (!own.some(([plugin, ...addresses]) => plugin === "bind" && addresses.join(" ") === "127.0.0.1")) {
      return `block "${name}" is not bound to 127.0.0.1`;
    }
    const twice = zones.find(({ zone }) => seen.has(zone));
    if (twice !== undefined) return `zone "${twice.zone}" is served twice`;
    for (const { zone } of zones) seen.add(zone);
  }
  return undefined;
}

function beaconOf({ blocks }: Corefile): Beacon | undefined {
  const words = blocks.flatMap((block) =>
    block.directives.filter(([plugin]) => plugin === "template").flat(),
  );
  for (const word of words) {
    const [, meshZone, generation] = /^gen\.(\S+)\. 0 IN TXT ([0-9a-f]{8})$/.exec(word) ?? [];
    if (meshZone !== undefined && generation !== undefined) return { meshZone, generation };
  }
  return undefined;
}
