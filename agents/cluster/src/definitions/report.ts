// What a person reads of an installation, and its exit status. Pure.

import type { KeepReason } from "./decide.ts";
import type { InstallMode, Outcome } from "./install.ts";
import { releaseText } from "./release.ts";

/** 0: every definition is there as it is needed. 1: one that was left alone lacks something. 3: one was not read or written. */
export type InstallStatus = 0 | 1 | 3;

/** The status of all outcomes: what is wrong for certain comes first. */
export function statusOf(outcomes: readonly Outcome[]): InstallStatus {
  if (outcomes.some(({ decision }) => decision?.is === "keep" && decision.lacks.length > 0)) return 1;
  return outcomes.some(({ error }) => error !== undefined) ? 3 : 0;
}

/** One line for each, and the cure below what lacks something. */
export function reportText(outcomes: readonly Outcome[], mode: InstallMode): string {
  return outcomes.map((outcome) => `${outcome.name}: ${said(outcome, mode)}\n`).join("");
}

function said({ decision, error, file }: Outcome, mode: InstallMode): string {
  if (error !== undefined) {
    const tried = decision === undefined ? "read" : decision.is === "create" ? "created" : "updated";
    return `could not be ${tried}: ${error}`;
  }
  const would = mode === "dry-run" ? "would be " : "";
  switch (decision?.is) {
    case "create":
      return `${would}created (${releaseText(decision.release)})`;
    case "update":
      return `${would}updated from ${releaseText(decision.from)} to ${releaseText(decision.release)}`;
    case "keep":
      return `${would}left alone: ${keptText(decision.why)}${lackText(decision.lacks, decision.why, file)}`;
    case undefined:
      return "was not looked at";
  }
}

function keptText(why: KeepReason): string {
  switch (why.is) {
    case "same":
      return `it is of ${releaseText(why.release)}, as ours is`;
    case "newer":
      return `it is of ${releaseText(why.release)}, newer than ours (${releaseText(why.shipped)})`;
    case "unlabelled":
      return `it ${why.problem}, so somebody else installed it`;
  }
}

function lackText(lacks: readonly string[], why: KeepReason, file: string): string {
  if (lacks.length === 0) return "; it has all that Sealane needs";
  const takeOver = `kubectl apply --server-side --force-conflicts -f ${file}`;
  const cure =
    why.is === "newer"
      ? "Run a newer release of Sealane"
      : `Have whoever installed it bring it up to date; where nobody does, take it over: ${takeOver}`;
  return `, and it lacks what Sealane needs: ${lacks.join(", ")}\n  ${cure}`;
}
