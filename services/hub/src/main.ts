#!/usr/bin/env node
// The program sealane-hub: reads its flags, runs one hub, and stops it when told to.

import { setFlagsFromString } from "node:v8";
import { isIP } from "node:net";
import { version } from "@sealane/core";
import { Command, InvalidArgumentError, Option } from "commander";
import { pino } from "pino";
import { startHub } from "./hub.ts";
import { splitAddress } from "./server/http.ts";

// Changes may come seconds apart. V8 would drop their code in between, and each change would begin by compiling it.
setFlagsFromString("--no-flush-bytecode");

interface Flags {
  readonly data: string;
  readonly documents?: string;
  readonly listen: string;
  readonly joinListen?: string;
  readonly advertise?: readonly string[];
  readonly metricsListen: string;
  readonly logLevel: string;
  readonly certificateTtl: number;
}

const examples = `
Examples:
  One hub on this machine, with what people declare under /etc/sealane:
    sealane-hub --data /var/lib/sealane-hub --documents /etc/sealane --advertise hub.example,192.0.2.7

  Its first start writes the first administrator's configuration:
    sealane --config /var/lib/sealane-hub/admin/config.yaml status
`;

const program = new Command("sealane-hub")
  .description("Runs the hub: membership, the address book, merged services, who gets what.")
  .version(version)
  .requiredOption("--data <dir>", "data directory; made on the first start, used by one hub at a time")
  .option("--documents <dir>", "watched directory of ClusterSet and Cluster documents (*.yaml)")
  .option("--listen <host:port>", "sessions, administration and renewal", address, "[::]:7443")
  .option("--join-listen <host:port>", "joining (default: the port below --listen)", address)
  .option(
    "--advertise <hosts>",
    "names and addresses at which this hub is reached, separated by commas; repeatable",
    hosts,
  )
  .option("--metrics-listen <host:port>", "metrics and health over plain HTTP", address, "127.0.0.1:9464")
  .option(
    "--certificate-ttl <duration>",
    "how long clusters' certificates hold, for example 24h",
    duration,
    24 * 3_600_000,
  )
  .addOption(
    new Option("--log-level <level>", "least severe level to log")
      .choices(["debug", "info", "warn", "error"])
      .default("info"),
  )
  .addHelpText("after", examples)
  .showHelpAfterError("(see sealane-hub --help)")
  .allowExcessArguments(false)
  .action(run);

await program.parseAsync();

async function run(flags: Flags): Promise<void> {
  const log = pino({
    level: flags.logLevel,
    base: { program: "sealane-hub" },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
  const { data, documents, listen, joinListen, advertise, metricsListen, certificateTtl } = flags;
  // Listened for from the start, so that a hub told to stop while it starts does so in order.
  const told = new Promise<NodeJS.Signals>((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
  try {
    const hub = await startHub({
      data,
      ...(documents === undefined ? {} : { documents }),
      listen,
      ...(joinListen === undefined ? {} : { joinListen }),
      ...(advertise === undefined ? {} : { advertise }),
      metricsListen,
      certificateTtlMs: certificateTtl,
      log,
    });
    log.info({ signal: await told }, "hub is stopping");
    await hub.close();
    log.info("hub has stopped");
  } catch (error) {
    log.fatal({ error: String(error) }, "hub failed");
    process.stderr.write(`sealane-hub: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

function address(text: string): string {
  try {
    splitAddress(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function hosts(text: string, before: readonly string[] = []): readonly string[] {
  const all = text.split(",").map((host) =>
    host
      .trim()
      .toLowerCase()
      .replace(/^\[|\]$/g, ""),
  );
  const wrong = all.find((host) => isIP(host) === 0 && !/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(host));
  if (wrong === undefined) return [...before, ...all];
  throw new InvalidArgumentError(`"${wrong}" must be a host name or an address, without a port.`);
}

/** Milliseconds; at least five minutes, so that a renewal that fails can be tried again. */
function duration(text: string): number {
  const [, count, unit] = /^(\d{1,6})(s|m|h|d)$/.exec(text) ?? [];
  const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit ?? ""];
  const ms = Number(count) * (unitMs ?? Number.NaN);
  if (ms >= 300_000 && ms <= 365 * 86_400_000) return ms;
  throw new InvalidArgumentError(`"${text}" must be 5m to 365d, for example 24h.`);
}
