// `sealane plan`: what would be, without doing it. Exit code 0 all would be well, 1 something would not.

import type { Command } from "commander";
import { Option } from "commander";
import { canonicalPrefix } from "@sealane/core";
import type { RangeKind } from "@sealane/core";
import { usageError } from "../error.ts";
import { planAnswer, planKind, toPlan } from "../views/plan.ts";
import type { GlobalFlags, Invocation } from "./verb.ts";
import { examples, exitCodeOf, print, withHub } from "./verb.ts";

interface JoinFlags {
  readonly podRange?: readonly string[];
  readonly serviceRange?: readonly string[];
  readonly nodeRange?: readonly string[];
}

/** Adds the verb. */
export function addPlan(program: Command, invocation: Invocation): void {
  const plan = program
    .command("plan")
    .description("Says what would come of something, and changes nothing.")
    .usage("join [options]")
    .argument("[what]", "join")
    .addHelpText("before", examples(joinExamples[0]))
    .action((word: string | undefined) => {
      const got = word === undefined ? "nothing is named" : `"${word}" cannot be planned`;
      throw usageError("plan", `Cannot plan: ${got}`, "it must be join", "sealane plan join --help");
    });
  addJoin(plan, invocation);
}

const joinExamples = [
  "sealane plan join --pod-range 10.8.0.0/16 --service-range 10.96.0.0/16",
  "sealane plan join fra1 --pod-range 10.8.0.0/16 --pod-range fd00:8::/48 --node-range 192.0.2.0/24",
] as const;

function addJoin(plan: Command, invocation: Invocation): void {
  plan
    .command("join")
    .description(
      "Says which ranges a cluster would hold and which would be quarantined: whose they meet, where, and what is free.",
    )
    .argument(
      "[NAME]",
      "the cluster, whose document then counts; a member's name asks about a change of its ranges",
    )
    .addOption(rangeOption("pod"))
    .addOption(rangeOption("service"))
    .addOption(rangeOption("node"))
    .addHelpText("before", examples(...joinExamples))
    .addHelpText("after", "\nExit codes: 0 all would be admitted; 1 something would be quarantined.")
    .action(async (name: string | undefined, _, command: Command) => {
      const { io } = invocation;
      const flags = command.optsWithGlobals<GlobalFlags & JoinFlags>();
      const asked = rangesOf(flags);
      const { rangeKindWords } = await import("@sealane/wire");
      const ranges = asked.map(({ prefix, kind }) => ({ prefix, kind: rangeKindWords.encode(kind) }));
      const response = await withHub(flags, io, (hub) =>
        hub.ask("plan to join", name === undefined ? "" : `cluster/${name}`, (client, options) =>
          client.planJoin({ cluster: name ?? "", ranges }, options),
        ),
      );
      const items = toPlan(response);
      const answer = planAnswer(items);
      await print({ kind: planKind, items, head: { answer, member: response.member } }, flags.output, io);
      if (flags.output === "table" || flags.output === "wide") {
        const bad = items.filter((it) => it.state === "quarantined").length;
        const what = response.member ? `a change of member ${name}` : `cluster ${name ?? "of any name"}`;
        const outcome =
          bad === 0 ? "would hold every range" : `would have ${bad} of ${items.length} quarantined`;
        io.stdout.write(`${answer}: ${what} ${outcome}; nothing was changed\n`);
      }
      invocation.exitCode = exitCodeOf(answer);
    });
}

function rangeOption(kind: "pod" | "service" | "node"): Option {
  return new Option(`--${kind}-range <cidr>`, `a ${kind} range; repeatable`).argParser(
    (text: string, before: readonly string[] | undefined) => [
      ...(before ?? []),
      prefix(`--${kind}-range`, text),
    ],
  );
}

function prefix(flag: string, text: string): string {
  try {
    return canonicalPrefix(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw usageError(
      flag,
      why,
      `${flag} must be a prefix, as in 10.8.0.0/16 or fd00:8::/48`,
      "sealane plan join --help",
    );
  }
}

function rangesOf(flags: JoinFlags): readonly { readonly prefix: string; readonly kind: RangeKind }[] {
  const { podRange = [], serviceRange = [], nodeRange = [] } = flags;
  const of = (kind: RangeKind, prefixes: readonly string[]) =>
    prefixes.map((text) => ({ prefix: text, kind }));
  const ranges = [...of("pod", podRange), ...of("service", serviceRange), ...of("node", nodeRange)];
  if (ranges.length > 0) return ranges;
  throw usageError(
    "plan join",
    "Cannot plan to join: no range is named",
    "at least one of --pod-range, --service-range, --node-range must be given",
    joinExamples[0],
  );
}
