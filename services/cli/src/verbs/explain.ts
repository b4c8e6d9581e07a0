// `sealane explain`: why it is so. Exit code 0 yes, 1 no, 3 not known. Reasons are explained without a hub.

import type { Command } from "commander";
import { usageError } from "../error.ts";
import type { Format } from "../print/document.ts";
import type { Io } from "../io.ts";
import { allReasons, conclude, meaning, reasonKind, stepKind, toStep } from "../views/explanation.ts";
import type { Step } from "../views/explanation.ts";
import type { GlobalFlags, Invocation } from "./verb.ts";
import { examples, exitCodeOf, parseServiceName, print, withHub } from "./verb.ts";

interface ExplainFlags {
  readonly in: string;
}

const inFlag = ["--in <cluster>", "the cluster that is asked about"] as const;

/** Adds the verb. */
export function addExplain(program: Command, invocation: Invocation): void {
  const explain = program
    .command("explain")
    .description(
      "Says why a cluster does or does not import a service or have a route, or what a reason means.",
    )
    .usage("import|route|REASON [options]")
    .argument("[reason]", "a reason of the closed list; all of them without it")
    .addHelpText(
      "before",
      examples(
        "sealane explain import shop/web --in b",
        "sealane explain route 10.96.0.10 --in b",
        "sealane explain RangeOverlap",
      ),
    )
    .action(async (reason: string | undefined, _, command: Command) => {
      const items = reason === undefined ? allReasons : [findReason(reason)];
      await print({ kind: reasonKind, items }, command.optsWithGlobals<GlobalFlags>().output, invocation.io);
    });
  addImport(explain, invocation);
  addRoute(explain, invocation);
}

function addImport(explain: Command, invocation: Invocation): void {
  explain
    .command("import")
    .description("Why a cluster does or does not import a service.")
    .argument("<NAMESPACE/NAME>", "the service")
    .requiredOption(...inFlag)
    .addHelpText("before", examples("sealane explain import shop/web --in b"))
    .action(async (text: string, _, command: Command) => {
      const flags = command.optsWithGlobals<GlobalFlags & ExplainFlags>();
      const { namespace, name } = parseServiceName(text);
      const action = `explain the import of "${text}" into "${flags.in}"`;
      const steps = await withHub(flags, invocation.io, async (hub) => {
        const answer = await hub.ask(action, `service/${text}`, (client, options) =>
          client.explainImport({ cluster: flags.in, namespace, name }, options),
        );
        return answer.steps.map(toStep);
      });
      await answer(`${flags.in} imports ${text}`, steps, flags.output, invocation);
    });
}

function addRoute(explain: Command, invocation: Invocation): void {
  explain
    .command("route")
    .description("Why a cluster does or does not have a route to an address.")
    .argument("<ADDRESS|CIDR>", "the destination")
    .requiredOption(...inFlag)
    .addHelpText(
      "before",
      examples("sealane explain route 10.96.0.10 --in b", "sealane explain route fd00:a::/64 --in b"),
    )
    .action(async (destination: string, _, command: Command) => {
      const flags = command.optsWithGlobals<GlobalFlags & ExplainFlags>();
      const action = `explain the route to "${destination}" in "${flags.in}"`;
      const steps = await withHub(flags, invocation.io, async (hub) => {
        const answer = await hub.ask(action, `route/${destination}`, (client, options) =>
          client.explainRoute({ cluster: flags.in, destination }, options),
        );
        return answer.steps.map(toStep);
      });
      await answer(`${flags.in} has a route to ${destination}`, steps, flags.output, invocation);
    });
}

/** Prints the steps and what they come to. */
async function answer(
  claim: string,
  steps: readonly Step[],
  format: Format,
  invocation: Invocation,
): Promise<void> {
  const { io } = invocation;
  const { answer: overall, decisive } = conclude(steps);
  const head = { claim, answer: overall, reason: decisive?.reason ?? null };
  await print({ kind: stepKind, items: steps, head }, format, io);
  if (format === "table" || format === "wide") conclusion(claim, overall, decisive, io);
  invocation.exitCode = exitCodeOf(overall);
}

function conclusion(
  claim: string,
  overall: "yes" | "no" | "unknown",
  decisive: Step | undefined,
  io: Io,
): void {
  const at = decisive === undefined ? "" : `, at ${decisive.subject}`;
  io.stdout.write(`${overall}: ${claim}${at}\n`);
  const text = meaning(decisive?.reason ?? null);
  if (text !== undefined) io.stdout.write(`${decisive?.reason}: ${text}\n`);
}

function findReason(text: string) {
  const found = allReasons.find(({ name }) => name.toLowerCase() === text.toLowerCase());
  if (found !== undefined) return found;
  const near = allReasons
    .filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()))
    .map(({ name }) => name);
  const must =
    near.length === 0
      ? "it must be import, route, or a reason of the closed list"
      : `it may be ${near.join(", ")}`;
  throw usageError(text, `Cannot explain "${text}": there is no such reason`, must, "sealane explain");
}
