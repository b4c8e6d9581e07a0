// An explanation: the steps that lead to an answer, and the answer.

import { reasons } from "@sealane/core";
import type { admin } from "@sealane/wire";
import type { Answer } from "../exit.ts";
import type { Kind } from "../print/document.ts";
import { answer, orNull } from "./words.ts";

/** One step, item of an Explanation. */
export interface Step {
  readonly subject: string;
  readonly answer: Answer;
  /** From the closed list; null when the answer is yes. */
  readonly reason: string | null;
  readonly message: string;
}

/** From the admin message. */
export function toStep(step: admin.ExplainStep): Step {
  return {
    subject: step.subject,
    answer: answer(step.outcome),
    reason: orNull(step.reason),
    message: step.message,
  };
}

/**
 * The answer, and the step that decides it. The last step concludes, so a "no" before it may concern one exporter of
 * several; what is not known anywhere makes a "yes" uncertain. No steps at all say nothing: unknown.
 */
export function conclude(steps: readonly Step[]): {
  readonly answer: Answer;
  readonly decisive: Step | undefined;
} {
  const last = steps.at(-1);
  if (last === undefined) return { answer: "unknown", decisive: undefined };
  if (last.answer === "no")
    return { answer: "no", decisive: steps.find(({ reason }) => reason === last.reason) };
  const decisive = steps.find((step) => step.answer === "unknown");
  return { answer: decisive === undefined ? "yes" : "unknown", decisive };
}

/** The sentence of a reason; undefined when this version's closed list does not have it. */
export function meaning(reason: string | null): string | undefined {
  return Object.entries(reasons).find(([word]) => word === reason)?.[1];
}

/** How an answer feels. */
export const answerTones = { yes: "good", no: "bad", unknown: "unsure" } as const;

/** Of `explain import` and `explain route`. */
export const stepKind: Kind<Step> = {
  word: "step",
  document: "Explanation",
  name: (it) => it.subject,
  columns: [
    { title: "STEP", cell: (it) => it.subject },
    { title: "ANSWER", cell: (it) => it.answer, tone: (it) => answerTones[it.answer] },
    { title: "REASON", cell: (it) => it.reason ?? "" },
    { title: "MESSAGE", cell: (it) => it.message, wrap: true },
  ],
};

/** One of the closed list, item of a ReasonList. */
export interface ReasonMeaning {
  readonly name: string;
  readonly meaning: string;
}

/** Of `explain` without anything, and `explain REASON`. */
export const reasonKind: Kind<ReasonMeaning> = {
  word: "reason",
  document: "ReasonList",
  name: (it) => it.name,
  columns: [
    { title: "NAME", cell: (it) => it.name },
    { title: "MEANING", cell: (it) => it.meaning, wrap: true },
  ],
};

/** The closed list of reasons. */
export const allReasons: readonly ReasonMeaning[] = Object.entries(reasons).map(([name, text]) => ({
  name,
  meaning: text,
}));
