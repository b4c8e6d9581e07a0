// What a run tells: finished steps, the running one with what it waits for, the newest picture, and what changed since
// everything had converged. One value, shown whole to whichever screen there is.

import { changesBetween } from "./changes.ts";
import type { Picture } from "./picture.ts";

/** A finished step. */
export interface Step {
  readonly title: string;
  /** What was reached, one line each. */
  readonly lines: readonly string[];
  /** When it was finished, milliseconds after the run began. */
  readonly atMs: number;
}

/** Something that is different from before. */
export interface Change {
  readonly at: Date;
  readonly text: string;
}

/** Everything there is to show. */
export interface Shown {
  readonly steps: readonly Step[];
  /** The running step; undefined when all are done. */
  readonly running: { readonly title: string; readonly waitsFor: readonly string[] } | undefined;
  readonly picture: Picture | undefined;
  /** Newest last, bounded; `changesTold` counts those before, too. */
  readonly changes: readonly Change[];
  readonly changesTold: number;
}

/** A screen is given the whole each time, and shows what it likes of it. */
export interface Screen {
  readonly show: (shown: Shown) => void;
  /** Prints text that stays; its last line is ended. */
  readonly say: (text: string) => void;
  readonly close: () => void;
}

/** How a run tells. */
export interface Telling {
  /** Runs one step; `lines` says what it reached. */
  readonly step: <T>(
    title: string,
    run: () => Promise<T>,
    lines: (value: T) => readonly string[],
  ) => Promise<T>;
  /** What the running step waits for. */
  readonly waiting: (waitsFor: readonly string[], picture: Picture | undefined) => void;
  /** A picture after convergence: its differences to the one followed before it are changes. */
  readonly follow: (picture: Picture) => void;
  /** Milliseconds since the run began. */
  readonly elapsedMs: () => number;
}

const changesMax = 50;

/** Tells one run to a screen. */
export function tellTo(screen: Screen, startedAtMs: number): Telling {
  let followed: Picture | undefined;
  let shown: Shown = { steps: [], running: undefined, picture: undefined, changes: [], changesTold: 0 };
  const show = (update: Partial<Shown>) => {
    shown = { ...shown, ...update };
    screen.show(shown);
  };
  const elapsedMs = () => performance.now() - startedAtMs;
  return {
    elapsedMs,
    step: async (title, run, lines) => {
      show({ running: { title, waitsFor: [] } });
      const value = await run();
      const step = { title, lines: lines(value), atMs: elapsedMs() };
      show({ steps: [...shown.steps, step], running: undefined });
      return value;
    },
    waiting: (waitsFor, picture) => {
      if (shown.running === undefined) return;
      show({ running: { ...shown.running, waitsFor }, ...(picture === undefined ? {} : { picture }) });
    },
    follow: (picture) => {
      const texts = followed === undefined ? [] : changesBetween(followed, picture);
      const at = new Date();
      followed = picture;
      show({
        picture,
        changes: [...shown.changes, ...texts.map((text) => ({ at, text }))].slice(-changesMax),
        changesTold: shown.changesTold + texts.length,
      });
    },
  };
}
