// `sealane leave`: makes a cluster leave and follows it to its end. Exit code 0 left, 124 not within the time.

import type { Command } from "commander";
import { Option } from "commander";
import { setTimeout as delay } from "node:timers/promises";
import { parseDuration } from "../duration.ts";
import { CliError, usageError } from "../error.ts";
import type { Hub } from "../connect/hub.ts";
import type { Io } from "../io.ts";
import { departureKind, departureLine, toDeparture } from "../views/departure.ts";
import type { Departure } from "../views/departure.ts";
import type { GlobalFlags, Invocation } from "./verb.ts";
import { examples, print, withHub } from "./verb.ts";

interface LeaveFlags {
  readonly force?: true;
  readonly wait: boolean;
  /** Milliseconds. */
  readonly within: number;
}

const lookMs = 200;

/** Adds the verb. */
export function addLeave(program: Command, { io }: Invocation): void {
  program
    .command("leave")
    .description(
      "Makes a cluster leave: the others let go of it, then its agent takes away what is there of the mesh.",
    )
    .argument("<CLUSTER>", "a member")
    .option("--force", "do not wait for clusters that are silent; a silent CLUSTER keeps what it has")
    .option("--no-wait", "begin, and do not wait for the end")
    .addOption(
      new Option("--within <duration>", "how long to wait for the end")
        .default(120_000, "2m")
        .argParser(within),
    )
    .addHelpText(
      "before",
      examples("sealane leave fra1", "sealane leave fra1 --within 10m", "sealane leave fra1 --force"),
    )
    .action(async (given: string, _, command: Command) => {
      const flags = command.optsWithGlobals<GlobalFlags & LeaveFlags>();
      const cluster = given.replace(/^cluster\//, "");
      const departure = await withHub(flags, io, (hub) => leave(hub, cluster, flags, io));
      await tell(departure, flags, io);
    });
}

async function leave(hub: Hub, cluster: string, flags: LeaveFlags, io: Io): Promise<Departure> {
  const object = `cluster/${cluster}`;
  const begun = await hub.ask(`make cluster "${cluster}" leave`, object, (client, options) =>
    client.leaveCluster({ cluster, force: flags.force ?? false }, options),
  );
  let departure = departureOf(begun);
  const endMs = performance.now() + flags.within;
  let said = "";
  while (flags.wait && departure.state !== "left") {
    const line = departureLine(departure);
    if (line !== said) io.stderr.write(`${line}\n`);
    said = line;
    if (performance.now() >= endMs) throw late(departure, flags.within);
    await delay(lookMs, undefined, { signal: io.signal }).catch(() => undefined);
    departure = departureOf(
      await hub.ask(`follow cluster "${cluster}"`, object, (client, options) =>
        client.getDeparture({ cluster }, options),
      ),
    );
  }
  return departure;
}

type Answered = Parameters<typeof toDeparture>[0];

function departureOf({ departure }: { readonly departure?: Answered | undefined }): Departure {
  if (departure !== undefined) return toDeparture(departure);
  throw new CliError({
    reason: "HubFailed",
    object: "departure",
    message: "Cannot follow the leaving: the hub's answer holds none",
    must: "",
    next: "sealane version",
  });
}

async function tell(departure: Departure, flags: GlobalFlags & LeaveFlags, io: Io): Promise<void> {
  if (flags.output !== "table" && flags.output !== "wide") {
    await print({ kind: departureKind, items: [departure] }, flags.output, io);
    return;
  }
  const { cluster, state, leftBehind } = departure;
  io.stdout.write(`cluster/${cluster} ${state === "left" ? "left" : "is leaving"}\n`);
  if (state !== "left") io.stderr.write(`Next: sealane leave ${cluster}\n`);
  if (leftBehind.length > 0) io.stdout.write("Left behind there:\n");
  for (const { subject, message } of leftBehind) io.stdout.write(`  ${subject}: ${message}\n`);
}

function late({ cluster, waitingFor, state }: Departure, withinMs: number): CliError {
  const whom = waitingFor.length === 0 ? "its end" : waitingFor.join(", ");
  const stage =
    state === "withdrawing" ? "others have not all let go of it" : "it has not taken everything away";
  return new CliError({
    reason: "Timeout",
    object: `cluster/${cluster}`,
    message: `Cluster "${cluster}" has not left within ${withinMs / 1_000} s: ${stage}, still waiting for ${whom}`,
    must: "it goes on; a cluster that is silent is waited for until it is back",
    next: `sealane leave ${cluster} (waits on), or sealane leave ${cluster} --force (does not wait for silent clusters)`,
  });
}

function within(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms < 2 ** 31) return ms;
  throw usageError(
    "--within",
    `Cannot wait for "${text}": it is no duration`,
    "it must be like 30s, 2m or 1h",
  );
}
