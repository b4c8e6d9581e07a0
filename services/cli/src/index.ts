// What other packages may use of the command line: one invocation as a function.

export { exitCodes } from "./exit.ts";
export type { ExitCode } from "./exit.ts";
export { takesColour } from "./io.ts";
export type { Io, Output } from "./io.ts";
export { run } from "./program.ts";
