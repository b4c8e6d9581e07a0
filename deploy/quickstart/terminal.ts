// The screen of a terminal: finished steps stay as lines, and below them a part is drawn anew as things change.

import { createLogUpdate } from "log-update";
import { takesColour } from "../../services/cli/src/index.ts";
import { dashboardLines } from "./dashboard.ts";
import { stepText } from "./plain.ts";
import type { Screen, Shown } from "./telling.ts";

const redrawMs = 250;

/** Draws on the stream, which must be a terminal. */
export function terminalScreen(stream: NodeJS.WriteStream, startedAtMs: number): Screen {
  const draw = createLogUpdate(stream);
  const colour = takesColour(stream.isTTY, process.env);
  let steps = 0;
  let newest: Shown | undefined;
  const say = (text: string) => draw.persist(text.replace(/\n$/, ""));
  const redraw = () => {
    if (newest === undefined) return;
    const room = { rows: stream.rows || 24, colour };
    draw(dashboardLines(newest, performance.now() - startedAtMs, room).join("\n"));
  };
  const timer = setInterval(redraw, redrawMs);
  return {
    show: (shown) => {
      newest = shown;
      for (const step of shown.steps.slice(steps)) say(stepText(step));
      steps = shown.steps.length;
      redraw();
    },
    say,
    close: () => {
      clearInterval(timer);
      newest = undefined;
      draw.done();
    },
  };
}
