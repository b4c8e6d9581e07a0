// One step of an explanation. Steps are built from the verdicts that decide, never from rules of their own.

import type { Reason } from "../reasons.ts";

/** Whether a step lets the thing pass; `unknown` when not enough was said to tell. */
export type Outcome = "yes" | "no" | "unknown";

/** What was looked at, and what came of it. */
export interface ExplainStep {
  readonly outcome: Outcome;
  /** `cluster`, `namespace`, `export`, `range`, `endpoints`, `import`, `destination`, `route`. */
  readonly subject: string;
  /** Set when the outcome is not yes. */
  readonly reason?: Reason;
  /** For a person. */
  readonly message: string;
}

/** A step that passes. */
export function passes(subject: string, message: string): ExplainStep {
  return { outcome: "yes", subject, message };
}

/** A step that does not pass; unknown where absence proves nothing yet. */
export function stops(
  subject: string,
  reason: Reason,
  message: string,
  outcome: "no" | "unknown" = "no",
): ExplainStep {
  return { outcome, subject, reason, message };
}
