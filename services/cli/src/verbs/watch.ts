// `sealane watch`: what is, then every change, until the person ends it. A connection that breaks is made again, and
// both are said; what changed meanwhile is shown then.

import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { CliError, usageError } from "../error.ts";
import { exitCodes } from "../exit.ts";
import { readerGone } from "../io.ts";
import type { Io } from "../io.ts";
import { changePrinter } from "../views/change.ts";
import type { ChangePrinter, Mark } from "../views/change.ts";
import type { Memory } from "../watch/memory.ts";
import type { Watchable } from "../watch/watchable.ts";
import { eachWatchable, watchedKinds } from "../watch/watchable.ts";
import type { GetFlags } from "./resources.ts";
import { addNarrowing } from "./resources.ts";
import type { GlobalFlags, Invocation } from "./verb.ts";
import { examples, withHub } from "./verb.ts";

/** Between two attempts to connect again: twice as long each time, up to the greatest. */
const pauseMinMs = 1_000;
const pauseMaxMs = 10_000;

/** Adds the verb with one subcommand for each thing that can be watched. */
export function addWatch(program: Command, invocation: Invocation): void {
  const watch = program
    .command("watch")
    .description("Shows what is, then every change, until it is interrupted.")
    .usage(`${Object.keys(watchedKinds).join("|")} [options]`)
    .argument("[what]", "what to watch")
    .addHelpText(
      "before",
      examples(
        "sealane watch clusters",
        "sealane watch events --since 10m",
        "sealane watch routes --cluster b -o json   # one object a line",
      ),
    )
    .action((word: string | undefined) => {
      const must = `it must be one of ${Object.keys(watchedKinds).join(", ")}`;
      const got = word === undefined ? "nothing is named" : `"${word}" cannot be watched`;
      throw usageError("watch", `Cannot watch: ${got}`, must, "sealane watch --help");
    });
  eachWatchable((watchable) => addWatchable(watch, watchable, invocation));
}

function addWatchable<T>(watch: Command, watchable: Watchable<T>, invocation: Invocation): void {
  const command = watch
    .command(watchable.word)
    .description(watchable.description)
    .addHelpText("before", examples(...watchable.examples));
  addNarrowing(command, watchable.flags);
  command.action(async (_, self: Command) => {
    const flags = self.optsWithGlobals<GlobalFlags & GetFlags>();
    watchable.check(flags);
    await new Watching(watchable, flags, invocation.io).run();
    const { signal } = invocation.io;
    invocation.exitCode = signal.reason === readerGone ? exitCodes.yes : exitCodes.interrupted;
  });
}

/** One watch over as many connections as it takes. */
class Watching<T> {
  readonly #watchable: Watchable<T>;
  readonly #flags: GlobalFlags & GetFlags;
  readonly #io: Io;
  readonly #printer: ChangePrinter<T>;
  readonly #memory: Memory<T>;
  #state: "new" | "connected" | "lost" = "new";
  #pauseMs = pauseMinMs;

  constructor(watchable: Watchable<T>, flags: GlobalFlags & GetFlags, io: Io) {
    this.#watchable = watchable;
    this.#flags = flags;
    this.#io = io;
    this.#printer = changePrinter(watchable.kind, flags.output);
    this.#memory = watchable.remember();
  }

  /** Ends when the invocation is interrupted; throws when nothing would come of trying again. */
  async run(): Promise<void> {
    const { signal } = this.#io;
    while (!signal.aborted) {
      try {
        await this.#connection();
        if (!signal.aborted) await this.#lost("the hub ended the stream");
      } catch (error) {
        if (this.#state === "new" || !mayPass(error)) throw error;
        await this.#lost(error.message);
      }
      if (signal.aborted) return;
      await sleep(this.#pauseMs, undefined, { signal }).catch(() => undefined);
      this.#pauseMs = Math.min(this.#pauseMs * 2, pauseMaxMs);
    }
  }

  async #connection(): Promise<void> {
    const { word } = this.#watchable;
    const { cluster = "", namespace = "", node = "", since = 0 } = this.#flags;
    const request = { kind: watchedKinds[word], cluster, namespace, node, withinSeconds: since };
    this.#memory.begin();
    await withHub(this.#flags, this.#io, async (hub) => {
      const messages = hub.follow(`watch ${word}`, cluster && `cluster/${cluster}`, (client, signal) =>
        client.watch(request, signal),
      );
      for await (const { items, current, missed } of messages) {
        await this.#connected();
        if (missed) await this.#mark("missed", "the hub forgot events before they could be shown");
        const told = items.map(({ key, value }) => ({ key, item: this.#watchable.read(value) }));
        const at = new Date(this.#io.now()).toISOString();
        const changes = this.#memory.take(told, current).map((it) => ({ ...it, at }));
        await this.#write(
          await this.#printer.changes(changes, { colour: this.#io.stdout.colour, now: this.#io.now() }),
        );
        if (current) await this.#mark("synced", "");
      }
    });
  }

  async #connected(): Promise<void> {
    const wasLost = this.#state === "lost";
    this.#state = "connected";
    this.#pauseMs = pauseMinMs;
    if (wasLost) await this.#mark("reconnected", "connected again; what changed meanwhile follows");
  }

  /** Says it once, however many attempts follow. */
  async #lost(why: string): Promise<void> {
    if (this.#state === "connected") await this.#mark("disconnected", `${why}; connecting again`);
    this.#state = "lost";
  }

  async #mark(mark: Mark["mark"], message: string): Promise<void> {
    const at = new Date(this.#io.now()).toISOString();
    const text = await this.#printer.mark({ mark, at, message });
    if (text !== "") await this.#write(text);
    else if (message !== "") this.#io.stderr.write(`${at.slice(11, 19)} ${mark}: ${message}\n`);
  }

  async #write(text: string): Promise<void> {
    const { stdout } = this.#io;
    if (text !== "") stdout.write(text);
    await stdout.drained?.();
  }
}

/** Whether the hub may answer later: it could not be reached, or failed in this moment. */
function mayPass(error: unknown): error is CliError {
  return error instanceof CliError && ["HubUnreachable", "HubFailed", "Timeout"].includes(error.parts.reason);
}
