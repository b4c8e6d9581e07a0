// The screen for logs and pipes: one line for each thing when it happens, nothing twice.

import { formatSeconds } from "./sentences.ts";
import type { Change, Screen, Step } from "./telling.ts";

/** Column at which the text of a step begins, after its time and title. */
const titleColumns = 10;

/** Writes lines; `write` gets whole lines. What a step waits for is told once for each change of it, if it takes long. */
export function plainScreen(write: (text: string) => void): Screen {
  let steps = 0;
  let changes = 0;
  let waits = "";
  let quietUntilMs = performance.now() + patienceMs;
  return {
    show: (shown) => {
      for (const step of shown.steps.slice(steps)) write(stepText(step));
      if (shown.steps.length > steps) quietUntilMs = performance.now() + patienceMs;
      steps = shown.steps.length;
      const fresh = shown.changesTold - changes;
      for (const change of fresh > 0 ? shown.changes.slice(-fresh) : []) write(`${changeText(change)}\n`);
      changes = shown.changesTold;
      const lacking = shown.running?.waitsFor.join("; ") ?? "";
      if (lacking === "" || lacking === waits || performance.now() < quietUntilMs) return;
      waits = lacking;
      write(`${" ".repeat(8)}  ${"".padEnd(titleColumns)}  waits for ${lacking}\n`);
    },
    say: write,
    close: () => undefined,
  };
}

/** What takes no longer than this needs no word. */
const patienceMs = 3_000;

/** A finished step, one line for each thing that it reached, each ended. */
export function stepText({ title, lines, atMs }: Step): string {
  return lines
    .map((line, index) => {
      const head = index === 0 ? [formatSeconds(atMs).padStart(8), title] : ["".padStart(8), ""];
      return `${head[0]}  ${(head[1] ?? "").padEnd(titleColumns)}  ${line}\n`;
    })
    .join("");
}

/** A change with its time of day. */
export function changeText({ at, text }: Change): string {
  return `${at.toTimeString().slice(0, 8)}  ${text}`;
}
