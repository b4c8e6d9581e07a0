// The command line as a whole: its global flags, its verbs in the order of the help, and one invocation.

import { Command, CommanderError, Option } from "commander";
import { parseDuration } from "./duration.ts";
import { CliError, usageError } from "./error.ts";
import { exitCodes } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { formats } from "./print/document.ts";
import type { Format } from "./print/document.ts";
import { renderError } from "./print/error.ts";
import { addCheck } from "./verbs/check.ts";
import { addCompletion } from "./verbs/completion.ts";
import { addDescribe } from "./verbs/describe.ts";
import { addExplain } from "./verbs/explain.ts";
import { addGet } from "./verbs/get.ts";
import { addLeave } from "./verbs/leave.ts";
import { addLogs } from "./verbs/logs.ts";
import { addPlan } from "./verbs/plan.ts";
import { addStatus } from "./verbs/status.ts";
import { addToken } from "./verbs/token.ts";
import type { Invocation } from "./verbs/verb.ts";
import { examples } from "./verbs/verb.ts";
import { addVersion } from "./verbs/version.ts";
import { addWatch } from "./verbs/watch.ts";

/** Runs `sealane` with the arguments after the program's name. Never rejects for what a person did wrong. */
export async function run(given: readonly string[], io: Io): Promise<ExitCode> {
  // kubectl takes -o=json, so fingers write it.
  const argv = given.map((arg) => arg.replace(/^-o=/, "--output="));
  const invocation: Invocation = { io, exitCode: exitCodes.yes };
  const program = build(invocation);
  try {
    await program.parseAsync(argv, { from: "user" });
    return invocation.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.yes;
    const known = error instanceof CommanderError ? fromCommander(error) : error;
    if (!(known instanceof CliError)) throw error;
    io.stderr.write(await renderError(known, formatOf(argv), io.stderr.colour));
    return known.exitCode;
  }
}

/** Every verb with its flags and help, bound to an invocation. */
export function build(invocation: Invocation): Command {
  const { io } = invocation;
  const program = new Command("sealane")
    .description("Asks a Sealane hub, and manages join tokens.")
    .addOption(new Option("-o, --output <format>", "how to print").choices(formats).default("table"))
    .option(
      "--config <file>",
      "configuration (else SEALANE_CONFIG, ~/.config/sealane/config.yaml, the quickstart here)",
    )
    .option("--hub <host:port>", "another address of the configuration's hub")
    .addOption(new Option("--timeout <duration>", "of each call").default(10_000, "10s").argParser(timeout))
    .configureHelp({ showGlobalOptions: true, helpWidth: 100 })
    .configureOutput({ writeOut: io.stdout.write, writeErr: io.stderr.write, outputError: () => undefined })
    .exitOverride()
    .helpCommand(false)
    .usage("VERB [options]")
    .argument("[verb]")
    .action((verb: string | undefined) => {
      if (verb !== undefined) throw unknownVerb(verb, program);
      io.stdout.write(program.helpInformation());
    });
  program.addHelpText(
    "before",
    examples("sealane status", "sealane get services -n shop", "sealane explain import shop/web --in b"),
  );
  program.addHelpText("after", epilogue);
  for (const add of verbs) add(program, invocation);
  return program;
}

/** In the order of the help. */
const verbs = [
  addStatus,
  addCheck,
  addGet,
  addDescribe,
  addWatch,
  addExplain,
  addPlan,
  addToken,
  addLeave,
  addLogs,
  addCompletion,
  addVersion,
];

const epilogue = `
Exit codes: 0 yes; 1 no (unhealthy, refused, not found); 2 usage or invalid document;
3 unknown (hub silent, data stale); 4 denied; 124 no answer in time; 130 interrupted.`;

function timeout(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms < 2 ** 31) return ms;
  throw usageError(
    "--timeout",
    `Cannot wait for "${text}": it is no duration`,
    "it must be like 500ms, 10s or 2m",
  );
}

function unknownVerb(verb: string, program: Command): CliError {
  const verbs = program.commands.map((command) => command.name());
  const near = verbs.find((name) => name.startsWith(verb) || verb.startsWith(name));
  const next = near === undefined ? "sealane --help" : `sealane ${near}`;
  return usageError(
    verb,
    `Cannot do "${verb}": there is no such verb`,
    `it must be one of ${verbs.join(", ")}`,
    next,
  );
}

/** Commander's complaint as ours: its sentence already names the argument, and its suggestion when it has one. */
function fromCommander(error: CommanderError): CliError {
  const [line = "", hint = ""] = error.message.replace(/^error: /, "").split("\n");
  const next = /Did you mean (.+)\?/.exec(hint)?.[1];
  const message = line.charAt(0).toUpperCase() + line.slice(1);
  return usageError("command", message, next === undefined ? "" : `did you mean ${next}?`);
}

/** The format as asked for, even where the rest of the command could not be parsed. */
function formatOf(argv: readonly string[]): Format {
  const joined = argv.findLast((arg) => /^(?:--output=|-o.)/.test(arg))?.replace(/^(?:--output=|-o)/, "");
  const index = argv.findLastIndex((arg) => arg === "-o" || arg === "--output");
  const text = joined ?? (index < 0 ? undefined : argv[index + 1]);
  return formats.find((format) => format === text) ?? "table";
}
