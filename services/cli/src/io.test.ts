// When there is colour.

import { expect, test } from "vitest";
import { takesColour } from "./io.ts";

test.each([
  { name: "a terminal", tty: true, env: { TERM: "xterm" }, colour: true },
  { name: "a pipe", tty: false, env: { TERM: "xterm" }, colour: false },
  { name: "NO_COLOR set", tty: true, env: { NO_COLOR: "1" }, colour: false },
  { name: "NO_COLOR empty", tty: true, env: { NO_COLOR: "" }, colour: true },
  { name: "a dumb terminal", tty: true, env: { TERM: "dumb" }, colour: false },
])("$name", ({ tty, env, colour }) => {
  expect(takesColour(tty, env)).toBe(colour);
});
