// The speaker process: options, logs, signals. Ending it withdraws nothing.

import { setFlagsFromString } from "node:v8";
import { pino } from "pino";
import { version } from "@sealane/core";
import { preflight } from "./check/preflight.ts";
import { parseOptions } from "./options.ts";
import { startSpeaker } from "./speaker.ts";

// Changes may come seconds apart. V8 would drop their code in between, and each change would begin by compiling it.
setFlagsFromString("--no-flush-bytecode");

const options = parseOptions(process.argv, process.env);
if (options.command === "check") {
  process.exit(await preflight(options, (text) => void process.stdout.write(text)));
}
const log = pino({
  level: options.logLevel,
  base: { component: "speaker" },
  timestamp: pino.stdTimeFunctions.isoTime,
});

try {
  const speaker = await startSpeaker(options, log);
  log.info({ version, node: options.node, agent: options.agent }, "speaker started");
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      log.info({ signal }, "stopping; nothing is withdrawn");
      speaker.close().catch((error: unknown) => {
        log.error({ err: error }, "stopping failed");
        process.exitCode = 1;
      });
    });
  }
} catch (error) {
  log.fatal({ err: error }, "cannot start");
  process.exitCode = 1;
}
