// `sealane logs`: how much the hub logs, at run time. The logs themselves are where the hub's process writes them.

import type { Command } from "commander";
import { Argument, Option } from "commander";
import { usageError } from "../error.ts";
import { logLevelKind } from "../views/log-level.ts";
import type { LogLevel } from "../views/log-level.ts";
import type { GlobalFlags, Invocation } from "./verb.ts";
import { examples, print, withHub } from "./verb.ts";

const levels = ["debug", "info", "warn", "error"] as const;

/** Adds the verb. */
export function addLogs(program: Command, invocation: Invocation): void {
  const logs = program
    .command("logs")
    .description("Shows and sets how much the hub logs.")
    .usage("level [LEVEL] [options]")
    .argument("[what]", "level")
    .addHelpText("before", examples("sealane logs level", "sealane logs level debug"))
    .action((word: string | undefined) => {
      const got = word === undefined ? "nothing is named" : `"${word}" is unknown`;
      throw usageError("logs", `Cannot do it: ${got}`, "it must be level", "sealane logs level --help");
    });
  addLevel(logs, invocation);
}

function addLevel(logs: Command, { io }: Invocation): void {
  logs
    .command("level")
    .description("Shows the least severe level that is logged; with LEVEL, sets it until the next start.")
    .addArgument(new Argument("[LEVEL]", "what it is to be").choices(levels))
    .addOption(new Option("--component <name>", "whose").choices(["hub"]).default("hub"))
    .addHelpText(
      "before",
      examples("sealane logs level", "sealane logs level debug", "sealane logs level info -o json"),
    )
    .addHelpText(
      "after",
      "\nAgents and speakers take theirs from their own --log-level (or LOG_LEVEL) when they start.\n" +
        "Setting needs the role operator, and is an event: sealane get events.",
    )
    .action(async (level: string | undefined, _, command: Command) => {
      const flags = command.optsWithGlobals<GlobalFlags>();
      const item = await withHub(flags, io, async (hub): Promise<LogLevel> => {
        if (level === undefined) {
          const answer = await hub.ask("get the log level", "", (client, options) =>
            client.getLogLevel({}, options),
          );
          return { component: "hub", level: answer.level, previous: null };
        }
        const answer = await hub.ask(`set the log level to "${level}"`, "", (client, options) =>
          client.setLogLevel({ level }, options),
        );
        return { component: "hub", level: answer.level, previous: answer.previous };
      });
      const isTable = flags.output === "table" || flags.output === "wide";
      if (item.previous === null || !isTable)
        await print({ kind: logLevelKind, items: [item] }, flags.output, io);
      else io.stdout.write(`hub logs at ${item.level} (before: ${item.previous}), until its next start\n`);
    });
}
