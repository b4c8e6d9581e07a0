// The quickstart's command line. Refuses what it cannot use, naming the flag.

import { join, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";

/** How one quickstart runs. */
export interface QuickstartOptions {
  /** Run to convergence, print the final state, end. */
  readonly once: boolean;
  /** Folder with one folder of manifests for each cluster. */
  readonly clusters: string;
  /** Where everything of this run is kept. */
  readonly directory: string;
  /** Go on from what an earlier run left there. */
  readonly keep: boolean;
  /** Port of the hub; undefined takes 7443 when it is free, else any. */
  readonly port: number | undefined;
  /** How long `once` waits, in milliseconds. */
  readonly timeoutMs: number;
  /** Lines, even on a terminal. */
  readonly plain: boolean;
}

/** The repository's root. */
export const repository = resolve(import.meta.dirname, "../..");

const examples = `
Examples:
  npm start                                  the live view; Ctrl-C ends everything
  npm start -- --once                        to convergence, the final state, exit 0 (1: says what is missing)
  npm start -- --keep                        goes on with the manifests that you edited last time
  npm start -- --clusters ~/manifests        your own: one folder for each cluster, as kubectl get -o yaml writes them

While it runs, in this checkout: npx sealane status, npx sealane get routes --cluster b`;

/** Reads the command line. Prints help or a usage error and ends the process as commander does (status 2 on errors). */
export function parseOptions(argv: readonly string[], cwd: string): QuickstartOptions {
  const flags = new Command("npm start --")
    .description(
      "Runs a Sealane hub and one agent for each folder of manifests on this machine: separate processes,\n" +
        "join tokens and mTLS over loopback. Needs no root and no cluster.",
    )
    .option("--once", "run to convergence, turn a pod unready, print the final state, end")
    .option("--clusters <dir>", "one folder of manifests for each cluster; the last one by name joins last")
    .option("--directory <dir>", "where everything of this run is kept (default: .quickstart)")
    .option("--keep", "go on from what the last run left there, instead of starting clean")
    .option(
      "--port <port>",
      "of the hub; joining is the port below (default: 7443 when free, else any)",
      port,
    )
    .option("--timeout <seconds>", "how long --once waits for convergence (default: 90)", seconds, 90_000)
    .option("--plain", "lines instead of the live view")
    .addHelpText("after", examples)
    .allowExcessArguments(false)
    .configureHelp({ helpWidth: 110, optionDescription: ({ description }) => description })
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse(argv)
    .opts<Flags>();
  const { clusters, directory } = flags;
  return {
    once: flags.once === true,
    clusters: clusters === undefined ? join(import.meta.dirname, "clusters") : resolve(cwd, clusters),
    directory: directory === undefined ? join(repository, ".quickstart") : resolve(cwd, directory),
    keep: flags.keep === true,
    port: flags.port,
    timeoutMs: flags.timeout,
    plain: flags.plain === true,
  };
}

interface Flags {
  readonly once?: true;
  readonly clusters?: string;
  readonly directory?: string;
  readonly keep?: true;
  readonly port?: number;
  readonly timeout: number;
  readonly plain?: true;
}

function port(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1025 && number <= 65_535) return number;
  throw new InvalidArgumentError(`"${text}" must be a number from 1025 to 65535.`);
}

function seconds(text: string): number {
  const ms = Number(text.replace(/s$/, "")) * 1000;
  if (ms >= 1000 && ms <= 600_000) return ms;
  throw new InvalidArgumentError(`"${text}" must be 1 to 600 seconds.`);
}
