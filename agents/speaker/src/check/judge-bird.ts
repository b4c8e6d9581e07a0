// BIRD as it answers: reachable, its file sound, Sealane's functions known and called. Pure.

import type { CheckResult } from "@sealane/core";
import { well, wrong } from "@sealane/core";

/** A protocol of BIRD, and what its export filter makes of our routes. */
export interface ProtocolExports {
  readonly name: string;
  /** Its table, or tables. */
  readonly table: string;
  readonly taken: number;
  readonly withheld: number;
}

/** BIRD, or why it cannot be asked. */
export type BirdState =
  | { readonly reachable: false; readonly why: string }
  | {
      readonly reachable: true;
      readonly version: string;
      /** What it says against its files as they are now; undefined when nothing. */
      readonly fault: string | undefined;
      /** Names of its functions. */
      readonly functions: readonly string[];
      /** Kernel protocols with the routes that sealane_install() accepts. */
      readonly kernels: readonly ProtocolExports[];
      /** Established BGP sessions with the routes that sealane_announce() accepts. */
      readonly sessions: readonly ProtocolExports[];
    };

const ourFunctions = ["sealane_announce", "sealane_install"] as const;

/** Only what says something by itself: a BIRD that does not answer is one fault, not five. */
export function judgeBird(bird: BirdState): readonly CheckResult[] {
  if (!bird.reachable) return [wrong("BIRD", "BirdUnreachable", bird.why)];
  const included = judgeIncluded(bird.functions);
  return [
    well("BIRD", `version ${bird.version} answers`),
    bird.fault === undefined
      ? well("BIRD's files", "BIRD would take them as they are")
      : wrong("BIRD's files", "BirdConfigInvalid", bird.fault),
    included,
    ...(included.outcome === "well"
      ? [
          ...judgeExports("kernel protocols", "sealane_install()", bird.kernels),
          ...judgeExports("BGP sessions", "sealane_announce()", bird.sessions),
        ]
      : []),
  ];
}

function judgeIncluded(functions: readonly string[]): CheckResult {
  const subject = "BIRD's include";
  const missing = ourFunctions.filter((name) => !functions.includes(name));
  if (missing.length === 0) return well(subject, `BIRD knows ${ourFunctions.join(" and ")}`);
  return wrong(subject, "BirdNotIncluded", `BIRD runs without ${missing.join(" and ")}`);
}

/** Of the protocols of one table one taker is enough; without routes of ours nothing can be seen. */
function judgeExports(
  kind: string,
  call: string,
  protocols: readonly ProtocolExports[],
): readonly CheckResult[] {
  const tables = [...new Set(protocols.map(({ table }) => table))].toSorted();
  return tables.flatMap((table) => {
    const own = protocols.filter((protocol) => protocol.table === table);
    if (own.every(({ taken, withheld }) => taken + withheld === 0)) return [];
    const subject = `${kind} of ${table}`;
    const best = own.toSorted((a, b) => b.taken - a.taken)[0];
    if (best !== undefined && best.taken > 0)
      return [well(subject, `${best.name} takes ${best.taken} routes of Sealane`)];
    const seen = own.map(({ name, withheld }) => `${name} keeps back ${withheld}`).join(", ");
    return [
      wrong(
        subject,
        "BirdFilterWithholds",
        `no export filter accepts what ${call} does: ${seen} of its routes`,
      ),
    ];
  });
}
