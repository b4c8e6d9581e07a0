// The hub's log level at run time. A change holds until the hub's next start, which reads its own flag.

import * as grpc from "@grpc/grpc-js";
import type { AdminHandlers } from "@sealane/wire";
import type { Logger } from "pino";
import type { Journal } from "../journal/journal.ts";
import { CallError } from "../server/peers.ts";
import type { Caller } from "../server/peers.ts";

/** What can be set; the same words as the flag `--log-level`. */
const logLevels = ["debug", "info", "warn", "error"] as const;

/** GetLogLevel, SetLogLevel. `nameOf` tells who calls. */
export function logLevelVerbs(
  log: Logger,
  journal: Journal,
  nameOf: (caller: Caller) => string,
): Pick<AdminHandlers, "getLogLevel" | "setLogLevel"> {
  return {
    getLogLevel: async () => ({ level: log.level }),
    setLogLevel: async ({ level }, call) => {
      const found = logLevels.find((it) => it === level);
      if (found === undefined) {
        throw new CallError(
          grpc.status.INVALID_ARGUMENT,
          `Cannot log at "${level}": the level must be one of ${logLevels.join(", ")}.`,
        );
      }
      const previous = log.level;
      log.level = found;
      const message = `${nameOf(call)} set the log level from ${previous} to ${found}, until the next start`;
      journal.note({ kind: "LogLevelSet", cluster: "", subject: "hub", message });
      return { previous, level: found };
    },
  };
}
