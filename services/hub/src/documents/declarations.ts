// The watched directory as a stream of declarations whose last good content is stored before it is used.
// Without a directory there is one declaration, the default.

import type { Logger } from "pino";
import { documentChanges } from "../records.ts";
import type { Store } from "../store/store.ts";
import { declare } from "./declare.ts";
import type { Declaration } from "./declare.ts";
import { watchDirectory } from "./directory.ts";
import type { GoodFiles, WatchedDirectory } from "./directory.ts";

/** The directory is read again this often, since file events can be lost. */
const rereadMs = 15_000;

/** What to watch. */
export interface DeclarationsOptions {
  readonly directory: string | undefined;
  readonly good: GoodFiles;
  readonly store: Store;
  readonly log: Logger;
}

/** What is declared, now and from now on. */
export interface Declarations {
  readonly current: () => Declaration;
  /** Calls back with every later declaration, after its last good content was stored. */
  readonly follow: (onChange: (declaration: Declaration) => void) => void;
  readonly close: () => void;
}

/** Reads the directory and keeps watching it. */
export async function openDeclarations({
  directory,
  good,
  store,
  log,
}: DeclarationsOptions): Promise<Declarations> {
  const none = declare([]);
  if (directory === undefined) return { current: () => none, follow: () => {}, close: () => {} };
  let followers: ((declaration: Declaration) => void)[] = [];
  let stored = good;
  let writing = Promise.resolve();
  const keep = async (declaration: Declaration, files: GoodFiles): Promise<void> => {
    const changes = documentChanges(stored, files);
    try {
      if (changes.length > 0) await store.write(changes);
      stored = files;
      for (const follower of followers) follower(declaration);
    } catch (error) {
      log.error({ error: String(error) }, "documents could not be stored; they are not used until they are");
    }
  };
  let told = "";
  const watched: WatchedDirectory = await watchDirectory({
    directory,
    rereadMs,
    good,
    onChange: (declaration, files) => {
      tellRefused(log, declaration.refused, told);
      told = declaration.refused.join("\n");
      writing = writing.then(() => keep(declaration, files));
    },
  });
  await writing;
  return {
    current: () => watched.current,
    follow: (onChange) => {
      followers = [...followers, onChange];
    },
    close: () => {
      followers = [];
      watched.close();
    },
  };
}

function tellRefused(log: Logger, refused: readonly string[], told: string): void {
  if (refused.join("\n") === told) return;
  if (refused.length === 0) log.info("every document is accepted");
  for (const fault of refused) log.warn({ fault }, "document refused");
}
