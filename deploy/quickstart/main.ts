// `npm start`: reads the flags, runs the quickstart, and ends it in order on Ctrl-C. A second Ctrl-C waits for nothing.

import { parseOptions } from "./options.ts";
import { quickstart } from "./quickstart.ts";

const interruptedCode = 130;

// A reader that went away must not keep the processes from being ended.
process.stdout.on("error", () => undefined);
process.stderr.on("error", () => undefined);

const options = parseOptions(process.argv, process.env["INIT_CWD"] ?? process.cwd());
const interruption = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(name, () => {
    if (interruption.signal.aborted) process.exit(interruptedCode);
    interruption.abort(name);
  });
}

try {
  process.exitCode = await quickstart(options, interruption.signal);
} catch (error) {
  if (interruption.signal.aborted) {
    process.stdout.write("\nEnded; nothing runs any more.\n");
    // Ctrl-C is how the live view is meant to end.
    process.exitCode = options.once ? interruptedCode : 0;
  } else {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
