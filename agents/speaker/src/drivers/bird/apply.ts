// One change of BIRD's include, as a transaction: staged, checked, in place, configured with an undo pending,
// seen in BIRD and in the kernel, confirmed; or undone and put back. It decides nothing about the wish.

import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { DesiredRoutes } from "@sealane/core";
import type { DaemonRoute } from "../../driver.ts";
import type { Kernel } from "../../kernel.ts";
import type { BirdControl, ControlOptions, Reply } from "./control.ts";
import { replyText } from "./control.ts";
import type { IncludePaths, PlacedText } from "./files.ts";
import { place, restore, stagedPath, writeUnsynced } from "./files.ts";
import type { IncludeText } from "./render.ts";
import { renderInclude } from "./render.ts";
import type { Settled } from "./settle.ts";
import { settle } from "./settle.ts";

/** Everything outside the driver. */
export interface BirdPorts {
  readonly paths: IncludePaths;
  readonly control: ControlOptions;
  readonly kernel: Kernel;
  /** Which boot this is; see boot.ts. */
  readonly boot: string;
  /** BIRD takes a change back by itself after this long without a word from here, seconds. */
  readonly confirmSeconds: number;
  /** How long BIRD and the kernel may take to show a change, milliseconds. */
  readonly settleMs: number;
}

/** A wish, and its include as it is to stand in place. */
export interface Rendered {
  readonly desired: DesiredRoutes;
  readonly text: IncludeText;
}

/** What stood before a change. */
export interface Before {
  readonly placed: PlacedText;
  readonly routes: readonly DaemonRoute[];
}

/** A file of our own that exists while a change waits for its confirmation, so that a restart can finish it. */
export function pendingPath({ originatePath }: IncludePaths): string {
  return join(dirname(originatePath), "unconfirmed");
}

/**
 * Applies a wish. What `refused` finds in the outcome undoes it. Gives the outcome either way; rejects,
 * with what stood before in place again, when BIRD refuses the text or can not be asked.
 */
export async function apply(
  ports: BirdPorts,
  control: BirdControl,
  { desired, text }: Rendered,
  before: Before,
  refused: (settled: Settled) => boolean,
): Promise<Settled> {
  await stageChecked(ports, control, { desired, text });
  place(ports.paths);
  const reply = await configure(ports, control).catch(async (error: unknown) => {
    await restore(ports.paths, before.placed);
    await rm(pendingPath(ports.paths), { force: true });
    throw error;
  });
  try {
    const awaited = { desired, before: before.routes, atOnce: reply.code === "0003" };
    const settled = await settle(ports, control, awaited);
    if (refused(settled)) await takeBack(ports, control, before);
    else await ask(control, "configure confirm", ["0018", "0019"]);
    return settled;
  } catch (error) {
    await takeBack(ports, control, before);
    throw error;
  } finally {
    await rm(pendingPath(ports.paths), { force: true });
  }
}

/** Has BIRD take the files in place, with an undo pending. What it cannot parse it refuses, and nothing has changed. */
async function configure(ports: BirdPorts, control: BirdControl): Promise<Reply> {
  writeUnsynced(pendingPath(ports.paths), "");
  return ask(control, `configure timeout ${ports.confirmSeconds}`, ["0003", "0004"]);
}

/** The include's text for a wish, as it stands in place. */
export function includeText({ paths, boot }: BirdPorts, desired: DesiredRoutes): IncludeText {
  return renderInclude(desired, { originatePath: paths.originatePath, boot });
}

/**
 * Stages both files, and has the daemon parse a main file that is the staged text with the staged originating file: what
 * `bird -p` does, by the very program that is to take it, and without starting one for each change.
 */
async function stageChecked(
  ports: BirdPorts,
  control: BirdControl,
  { desired, text }: Rendered,
): Promise<void> {
  const { paths, boot } = ports;
  const staged = { install: stagedPath(paths.installPath), originate: stagedPath(paths.originatePath) };
  const shadow = renderInclude(desired, { originatePath: staged.originate, boot });
  const shadowPath = join(dirname(paths.originatePath), "check.conf");
  writeUnsynced(staged.install, text.install);
  writeUnsynced(staged.originate, text.originate);
  writeUnsynced(shadowPath, `router id 192.0.2.1;\n${shadow.install}`);
  await ask(control, `configure check "${shadowPath}"`, ["0020"]);
}

/**
 * Only for a change that BIRD took: `configure undo` goes back one step, whoever made it, and leaves the
 * files alone. A BIRD that does not answer goes back by itself when its time is up.
 */
async function takeBack(ports: BirdPorts, control: BirdControl, before: Before): Promise<void> {
  await restore(ports.paths, before.placed);
  await control.command("configure undo").catch(() => undefined);
}

/** Sends a command. Throws unless the reply holds one of the codes. */
export async function ask(control: BirdControl, command: string, codes: readonly string[]): Promise<Reply> {
  const reply = await control.command(command);
  if (codes.includes(reply.code)) return reply;
  throw new Error(`BIRD refused "${command}": ${replyText(reply)}`);
}
