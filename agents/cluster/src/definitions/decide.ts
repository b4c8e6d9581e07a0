// What to do about one definition: make it, bring it up to date, or leave it alone, and why. Pure.

import type { Definition, FoundDefinition } from "./definition.ts";
import { lacking } from "./lacking.ts";
import type { Release } from "./release.ts";
import { compareReleases, releaseLabelsOf, releaseOf } from "./release.ts";

/** One decision. Nothing is ever replaced by what is older, and what is not known to be older is not replaced. */
export type Decision =
  | { readonly is: "create"; readonly release: Release }
  | { readonly is: "update"; readonly from: Release; readonly release: Release }
  | { readonly is: "keep"; readonly why: KeepReason; readonly lacks: readonly string[] };

/** Why a definition is left alone. */
export type KeepReason =
  | { readonly is: "same"; readonly release: Release }
  | { readonly is: "newer"; readonly release: Release; readonly shipped: Release }
  /** Somebody installed it without saying which release it is of. */
  | { readonly is: "unlabelled"; readonly problem: string };

/** Compares what is shipped with what is there. @throws Error when the shipped definition says no release. */
export function decide(shipped: Definition, found: FoundDefinition | undefined): Decision {
  const keys = releaseLabelsOf(shipped.labels);
  const release = releaseOf(shipped.labels, keys);
  if ("problem" in release) throw new Error(`The shipped definition ${shipped.name} ${release.problem}`);
  if (found === undefined) return { is: "create", release };
  const keep = (why: KeepReason): Decision => ({ is: "keep", why, lacks: lacking(shipped, found) });
  const there = releaseOf(found.labels, keys);
  if ("problem" in there) return keep({ is: "unlabelled", problem: there.problem });
  const order = compareReleases(there, release);
  if (order < 0) return { is: "update", from: there, release };
  return order === 0
    ? keep({ is: "same", release })
    : keep({ is: "newer", release: there, shipped: release });
}
