// The address book's one decision: which of a cluster's ranges it holds. Who holds a range keeps it for as
// long as it reports it; a range that meets another is refused alone, and told whose it is and what is free.

import { OwnClaims, overlappingClaims, type Held } from "./claims.ts";
import { compareText } from "./compare.ts";
import type { Range, RangeKind } from "./facts.ts";
import { forbiddenAs } from "./forbidden.ts";
import { freePrefix } from "./free-prefix.ts";
import { refusalsExplainedMax } from "./limits.ts";
import {
  comparePrefixes,
  containsPrefix,
  formatPrefix,
  intersectPrefixes,
  overlapsPrefix,
  readPrefix,
  type Prefix,
} from "./prefix.ts";
import type { RangeVerdict } from "./published.ts";
import type { Reason } from "./reasons.ts";
import { withHeld } from "./releases.ts";
import type { Claim, Declared } from "./world.ts";

/** The next book, and one verdict for each range. */
export interface Admitted {
  /** The same object when nothing changed. */
  readonly book: readonly Claim[];
  /** One for each range, and one for each part that is kept of a refused one. Sorted by prefix; text that is no prefix last. */
  readonly verdicts: readonly RangeVerdict[];
}

interface Asked {
  readonly range: Range;
  readonly prefix: Prefix | undefined;
}

/** Why a range is refused, and what it meets. */
interface Refusal {
  readonly reason: Reason;
  readonly owner?: string;
  readonly ownerPrefix?: string;
  readonly overlap?: Prefix | undefined;
}

/** What decides about one cluster's ranges. */
interface Case {
  readonly book: readonly Claim[];
  readonly cluster: string;
  readonly reserved: readonly Prefix[];
  /** Undefined allows any. */
  readonly allowed: readonly Prefix[] | undefined;
  readonly pools: readonly { readonly kind: RangeKind; readonly prefix: Prefix }[];
}

/** Among new ranges of one report the first kind wins: nodes are where they are, the rest can move. */
const kindOrder: readonly RangeKind[] = ["node", "pod", "service", "loadBalancer", "reserved"];

/**
 * Decides about all ranges that a cluster reports. What it held and reports no longer is released: it stays
 * claimed until each of `others` (sorted; every other member) has let go of it, and it alone may take it back before.
 * What lies in a range that it holds of the same kind stays its own, whatever the documents say now. Anything else is
 * new and must meet nobody: no other cluster, no reserved range, none of its own ranges of another kind. A range
 * that grew over what is held is new too; where it is refused, what was held of it stays held.
 */
export function admit(
  book: readonly Claim[],
  cluster: string,
  ranges: readonly Range[],
  declared: Declared,
  others: readonly string[] = [],
): Admitted {
  const scene = caseOf(book, cluster, declared);
  const asked = ranges
    .map((range): Asked => ({ range, prefix: canonical(range.prefix) }))
    .toSorted(compareAsked);
  const own = new OwnClaims(cluster);
  const refused = new Map<Range, Refusal>();
  const fresh: { readonly range: Range; readonly prefix: Prefix }[] = [];
  for (const { range, prefix } of asked) {
    if (prefix === undefined) refused.set(range, { reason: "RangeInvalid" });
    else if (isHeld(scene, prefix, range.kind)) own.add(prefix, range.kind);
    else fresh.push({ range, prefix });
  }
  for (const { range, prefix } of fresh)
    for (const held of heldInside(scene, prefix, range.kind)) own.add(held.prefix, range.kind);
  for (const { range, prefix } of fresh.toSorted((a, b) => kindRank(a.range) - kindRank(b.range))) {
    const refusal = refuse(scene, prefix, range.kind, own);
    if (refusal === undefined) own.add(prefix, range.kind);
    else refused.set(range, refusal);
  }
  for (const { range, prefix } of fresh.filter((item) => refused.has(item.range))) {
    // What it meets among the cluster's own is known only now that all of them are decided.
    refused.set(range, refuse(scene, prefix, range.kind, own)!);
  }
  const next = withHeld(book, cluster, own.all(), others);
  const after = { ...scene, book: next };
  const judged = [...asked, ...keptParts(after, asked, refused)].toSorted(compareAsked);
  return { book: next, verdicts: verdictsOf(after, judged, refused) };
}

/** What the cluster holds inside refused ranges and does not report by itself, as if it did. */
function keptParts(
  scene: Case,
  asked: readonly Asked[],
  refused: ReadonlyMap<Range, Refusal>,
): readonly Asked[] {
  const known = new Set(asked.map(({ range }) => `${range.kind} ${range.prefix}`));
  return asked.flatMap(({ range, prefix }) =>
    prefix === undefined || !refused.has(range)
      ? []
      : heldInside(scene, prefix, range.kind).flatMap((held) => {
          const part = { ...range, prefix: held.claim.prefix };
          const key = `${part.kind} ${part.prefix}`;
          if (known.has(key)) return [];
          known.add(key);
          return [{ range: part, prefix: held.prefix }];
        }),
  );
}

/** The cluster's claims of the kind that lie inside the prefix. */
function heldInside(scene: Case, prefix: Prefix, kind: RangeKind): readonly Held[] {
  return [...overlappingClaims(scene.book, prefix)].filter(
    (held) => isOwn(scene, held, kind) && containsPrefix(prefix, held.prefix),
  );
}

/** Whether the cluster holds the claim, for addresses of the kind; what it let go it holds no more. */
function isOwn({ cluster }: Case, { claim }: Held, kind: RangeKind): boolean {
  return claim.cluster === cluster && claim.kind === kind && claim.release === undefined;
}

function kindRank(range: Range): number {
  return kindOrder.indexOf(range.kind);
}

function caseOf(book: readonly Claim[], cluster: string, declared: Declared): Case {
  const pools = declared.pools.flatMap(({ kind, prefix }) =>
    readAll([prefix]).map((it) => ({ kind, prefix: it })),
  );
  const claims = declared.clusters.get(cluster)?.claims;
  return {
    book,
    cluster,
    pools,
    reserved: readAll(declared.reserved).toSorted(comparePrefixes),
    allowed: claims === undefined ? undefined : readAll(claims),
  };
}

function isHeld(scene: Case, prefix: Prefix, kind: RangeKind): boolean {
  for (const held of overlappingClaims(scene.book, prefix)) {
    return isOwn(scene, held, kind) && containsPrefix(held.prefix, prefix);
  }
  return false;
}

function refuse(scene: Case, prefix: Prefix, kind: RangeKind, own: OwnClaims): Refusal | undefined {
  if (forbiddenAs(prefix) !== undefined) return { reason: "PrefixForbidden" };
  if (scene.allowed !== undefined && !scene.allowed.some((allowed) => containsPrefix(allowed, prefix))) {
    return { reason: "RangeNotAllowed" };
  }
  const reserved = scene.reserved.find((it) => overlapsPrefix(it, prefix));
  if (reserved !== undefined)
    return { reason: "RangeReserved", overlap: intersectPrefixes(reserved, prefix) };
  const foreign = [...overlappingClaims(scene.book, prefix)].filter(
    ({ claim }) => claim.cluster !== scene.cluster,
  );
  // A range that is held is not free by itself one day, so it is named before one that is.
  const obstacle =
    foreign.find(({ claim }) => claim.release === undefined) ?? own.conflict(prefix, kind) ?? foreign[0];
  return obstacle === undefined ? undefined : overlapWith(obstacle, prefix);
}

function overlapWith({ claim, prefix: held }: Held, prefix: Prefix): Refusal {
  return {
    reason: claim.release === undefined ? "RangeOverlap" : "RangeReleasing",
    owner: claim.cluster,
    ownerPrefix: claim.prefix,
    overlap: intersectPrefixes(held, prefix),
  };
}

function verdictsOf(
  scene: Case,
  asked: readonly Asked[],
  refused: ReadonlyMap<Range, Refusal>,
): RangeVerdict[] {
  const avoid = [...scene.reserved, ...asked.flatMap((item) => item.prefix ?? [])];
  let explained = 0;
  return asked.map(({ range, prefix }) => {
    const refusal = explained < refusalsExplainedMax ? refused.get(range) : bare(refused.get(range));
    if (refusal !== undefined) explained += 1;
    const isOffered = refusal !== undefined && explained <= refusalsExplainedMax;
    const free = isOffered && prefix !== undefined ? freeRange(scene, prefix, range.kind, avoid) : undefined;
    if (free !== undefined) avoid.push(free);
    return {
      prefix: range.prefix,
      kind: range.kind,
      source: range.source,
      admitted: refusal === undefined,
      ...(refusal === undefined ? {} : { reason: refusal.reason }),
      owner: refusal?.owner ?? "",
      ownerPrefix: refusal?.ownerPrefix ?? "",
      overlap: refusal?.overlap === undefined ? "" : formatPrefix(refusal.overlap),
      free: free === undefined ? "" : formatPrefix(free),
    };
  });
}

/** The reason alone: a member's entry must stay one message, however many of its ranges are refused. */
function bare(refusal: Refusal | undefined): Refusal | undefined {
  return refusal && { reason: refusal.reason };
}

/** A range of the same size from the pools of the kind; where the family has none, from what the document allows. */
function freeRange(
  scene: Case,
  prefix: Prefix,
  kind: RangeKind,
  avoid: readonly Prefix[],
): Prefix | undefined {
  const ofKind = scene.pools.filter((pool) => pool.kind === kind && pool.prefix.family === prefix.family);
  const allowed = scene.allowed?.filter((it) => it.family === prefix.family);
  const pools = ofKind.map((pool) => pool.prefix);
  const both =
    allowed === undefined
      ? pools
      : pools.flatMap((a) => allowed.flatMap((b) => intersectPrefixes(a, b) ?? []));
  const sources = pools.length > 0 ? both : (allowed ?? []);
  return freePrefix(sources, prefix.length, (candidate) => {
    for (const held of overlappingClaims(scene.book, candidate)) return held.prefix;
    return avoid.find((it) => overlapsPrefix(it, candidate));
  });
}

/** The prefix, if the text is its canonical form: other forms would let one range look like two. */
function canonical(text: string): Prefix | undefined {
  const prefix = readPrefix(text);
  return prefix !== undefined && formatPrefix(prefix) === text ? prefix : undefined;
}

function readAll(texts: readonly string[]): Prefix[] {
  return texts.flatMap((text) => readPrefix(text) ?? []);
}

function compareAsked(a: Asked, b: Asked): number {
  if (a.prefix === undefined || b.prefix === undefined) {
    return a.prefix !== undefined ? -1 : b.prefix !== undefined ? 1 : compareRanges(a.range, b.range);
  }
  return comparePrefixes(a.prefix, b.prefix) || compareRanges(a.range, b.range);
}

function compareRanges(a: Range, b: Range): number {
  return compareText(a.prefix, b.prefix) || compareText(a.kind, b.kind) || compareText(a.source, b.source);
}
