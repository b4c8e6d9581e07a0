// One run from its start to its end: folder, processes, story, then the live view or the final state. Whatever
// happens, no process stays.

import { access, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Hub } from "../../services/cli/src/connect/hub.ts";
import { takesColour } from "../../services/cli/src/index.ts";
import type { Io } from "../../services/cli/src/index.ts";
import { complaintsOf } from "./complaints.ts";
import { printFinalState } from "./final.ts";
import { startHub } from "./mesh.ts";
import type { QuickstartOptions } from "./options.ts";
import { repository } from "./options.ts";
import { plainScreen } from "./plain.ts";
import { endLeftovers, startProcesses } from "./processes.ts";
import { sentences } from "./sentences.ts";
import { NotConverged, follow } from "./settle.ts";
import { placesOf, prepareSite } from "./site.ts";
import type { Site } from "./site.ts";
import { tellStory } from "./story.ts";
import type { Screen } from "./telling.ts";
import { tellTo } from "./telling.ts";
import { terminalScreen } from "./terminal.ts";
import type { Asking } from "./words.ts";
import { hints, introduction, shortPath, verdict } from "./words.ts";

const followMs = 500;

/**
 * Runs until its end, or until the signal. Gives the exit code: 0, or 1 when it did not converge, after saying what
 * is missing. Rejects on faults, and when it is interrupted.
 */
export async function quickstart(options: QuickstartOptions, interruption: AbortSignal): Promise<0 | 1> {
  const startedAtMs = performance.now();
  await endLeftovers(options.directory);
  const site = await prepareSite(options);
  const processes = startProcesses(site);
  const over = new AbortController();
  const signal = AbortSignal.any([interruption, over.signal]);
  const screen = openScreen(options, startedAtMs);
  const telling = tellTo(screen, startedAtMs);
  screen.say(introduction(site, process.cwd()));
  let hub: Hub | undefined;
  const run = async (): Promise<0> => {
    const opened = await telling.step(
      "hub",
      () => startHub(site, processes, options.port, signal),
      ({ address }) => sentences.hub(address),
    );
    hub = opened;
    const outcome = await tellStory({ options, site, processes, hub: opened, telling, signal });
    if (!options.once) {
      screen.say(hints(site, outcome, await asking(site), process.cwd()));
      return follow(outcome.watch, outcome.picture, followMs);
    }
    screen.close();
    await printFinalState(site, outcome, commandLine(signal));
    screen.say(`\n${verdict(outcome)}`);
    return 0;
  };
  try {
    return await Promise.race([run(), processes.broken]);
  } catch (error) {
    screen.close();
    if (!(error instanceof NotConverged)) throw error;
    screen.say(failure(site, error));
    return 1;
  } finally {
    over.abort();
    screen.close();
    hub?.close();
    await processes.stop();
    await rm(site.config, { force: true });
  }
}

function openScreen({ plain }: QuickstartOptions, startedAtMs: number): Screen {
  const { stdout, env } = process;
  return stdout.isTTY && env["TERM"] !== "dumb" && !plain
    ? terminalScreen(stdout, startedAtMs)
    : plainScreen((text) => void stdout.write(text));
}

/** Everything that is missing, and where the logs of those concerned are. */
function failure(site: Site, error: NotConverged): string {
  const logs = [join(site.logs, "hub.log"), ...site.clusters.map((name) => placesOf(site, name).log)];
  const complaints = logs.flatMap((log) => {
    const last = complaintsOf(log).at(-1);
    return last === undefined ? [] : [`${shortPath(log, process.cwd())}: ${last}`];
  });
  return [
    "",
    `not converged: ${error.message}`,
    ...error.missing.map((line) => `  ${line}`),
    ...(complaints.length === 0 ? [] : ["what the processes complained of last:"]),
    ...complaints.map((line) => `  ${line}`),
    `logs: ${shortPath(site.logs, process.cwd())}`,
    "",
  ].join("\n");
}

/** The command line finds the default folder, unless the person has a configuration of their own. */
async function asking(site: Site): Promise<Asking> {
  const { SEALANE_CONFIG: named = "", XDG_CONFIG_HOME: folder = "" } = process.env;
  if (named !== "" || site.root !== join(repository, ".quickstart")) return "by name";
  const own = join(folder === "" ? join(homedir(), ".config") : folder, "sealane/config.yaml");
  return access(own).then(
    () => "by name",
    () => "by itself",
  );
}

/** The process's own surroundings for one question of the command line. */
function commandLine(signal: AbortSignal): Io {
  const output = (stream: NodeJS.WriteStream) => ({
    write: (text: string) => void stream.write(text),
    colour: takesColour(stream.isTTY, process.env),
  });
  return {
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    env: process.env,
    home: homedir(),
    now: Date.now,
    signal,
  };
}
