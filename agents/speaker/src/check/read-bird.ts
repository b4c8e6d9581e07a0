// Asks BIRD how it stands, with commands that change nothing. It judges nothing.

import type { BirdControl, ControlOptions, Reply } from "../drivers/bird/control.ts";
import { replyText, withControl } from "../drivers/bird/control.ts";
import { parseProtocols } from "../drivers/bird/replies.ts";
import type { BirdState, ProtocolExports } from "./judge-bird.ts";

/** Protocols that are asked one by one; a node has a few. */
const protocolsMax = 100;

/** What BIRD says now. Never rejects. */
export async function readBird(options: ControlOptions): Promise<BirdState> {
  try {
    return await withControl(options, ask);
  } catch (error) {
    return { reachable: false, why: error instanceof Error ? error.message : String(error) };
  }
}

async function ask(control: BirdControl): Promise<BirdState> {
  const version = parseVersion(await control.command("show status"));
  const checked = await control.command("configure check");
  const functions = parseFunctions(await control.command("show symbols function"));
  const protocols = parseProtocols(await control.command("show protocols")).slice(0, protocolsMax);
  const kernels: ProtocolExports[] = [];
  const sessions: ProtocolExports[] = [];
  for (const { name, kind, info } of protocols) {
    if (kind === "Kernel") kernels.push(await exportsOf(control, name, "sealane_install*"));
    if (kind === "BGP" && info === "Established")
      sessions.push(await exportsOf(control, name, "sealane_originate*"));
  }
  const fault = checked.code === "0020" ? undefined : replyText(checked);
  return { reachable: true, version, fault, functions, kernels, sessions };
}

/** BIRD's list of protocols names no table of a BGP session, so the tables are those of its counts. */
async function exportsOf(control: BirdControl, name: string, ours: string): Promise<ProtocolExports> {
  const count = async (which: "export" | "noexport") =>
    parseCounts(await control.command(`show route where proto ~ "${ours}" ${which} ${quoted(name)} count`));
  const [taken, withheld] = [await count("export"), await count("noexport")];
  return { name, table: taken.tables.join(" and "), taken: taken.routes, withheld: withheld.routes };
}

/** Names with other characters than a plain symbol's are written in single quotes. */
function quoted(name: string): string {
  return /^\w+$/.test(name) ? name : `'${name}'`;
}

function parseVersion({ lines }: Reply): string {
  return lines.flatMap(({ text }) => /^BIRD (\S+)/.exec(text)?.[1] ?? [])[0] ?? "unknown";
}

/** `name<tab>function`, one a line. */
export function parseFunctions({ lines }: Reply): readonly string[] {
  return lines.flatMap(({ text }) => /^\s*(\S+)\s+function$/.exec(text.trimEnd())?.[1] ?? []);
}

/** `2 of 3 routes for 3 networks in table master4`, one for each table; none where the protocol has none (9001). */
export function parseCounts({ lines }: Reply): {
  readonly routes: number;
  readonly tables: readonly string[];
} {
  const counts = lines.flatMap(({ text }) => {
    const [, count, table] = /^(\d+) of \d+ routes for .* in table (\S+)$/.exec(text.trim()) ?? [];
    return count === undefined || table === undefined ? [] : [{ count: Number(count), table }];
  });
  return {
    routes: counts.reduce((sum, { count }) => sum + count, 0),
    tables: counts.map(({ table }) => table),
  };
}
