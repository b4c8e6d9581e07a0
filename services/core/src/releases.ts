// Freed ranges on their way back to everybody (law 5): who let one go keeps a claim of it until all others have
// let go of it too. Nobody but its last holder gets it before; the last holder may take it back at once.

import { claimsOf, hasClaims, withClaims, type Held } from "./claims.ts";
import { releasesPerClusterMax } from "./limits.ts";
import { comparePrefixes, formatPrefix, subtractPrefixes } from "./prefix.ts";
import { firstOverlap } from "./prefix-table.ts";
import type { Claim, Release } from "./world.ts";

/** A claim that is being released. */
export interface ReleasingClaim extends Claim {
  readonly release: Release;
}

/** A book is never changed, so what was found in it stays true. */
const found = new WeakMap<readonly Claim[], readonly ReleasingClaim[]>();

/** Every claim of the book that is being released, sorted by prefix. */
export function releasingClaims(book: readonly Claim[]): readonly ReleasingClaim[] {
  const known = found.get(book);
  if (known !== undefined) return known;
  const releasing = book.filter((claim): claim is ReleasingClaim => claim.release !== undefined);
  found.set(book, releasing);
  return releasing;
}

/**
 * The book in which the cluster holds exactly `own` (sorted, disjoint). What it held beside them is released: it
 * stays claimed until each of `others` (sorted) has let go of it. The same object when nothing changes.
 */
export function withHeld(
  book: readonly Claim[],
  cluster: string,
  own: readonly Held[],
  others: readonly string[],
): readonly Claim[] {
  if (hasClaims(book, cluster, own)) return book;
  const released = releasedParts(book, cluster, own, others);
  if (released.length === 0) return withClaims(book, cluster, own);
  const all = [...own, ...released].toSorted((a, b) => comparePrefixes(a.prefix, b.prefix));
  return withClaims(book, cluster, all);
}

/** The book after members let go of releases up to a number each; the same object when nobody waited for them. */
export function withoutAwaited(
  book: readonly Claim[],
  members: ReadonlyMap<string, number>,
): readonly Claim[] {
  const isAwaited = (name: string, { number }: Release) => (members.get(name) ?? 0) < number;
  const isDone = ({ release }: ReleasingClaim) => !release.awaited.every((name) => isAwaited(name, release));
  if (!releasingClaims(book).some(isDone)) return book;
  return book.flatMap((claim) => {
    const { release } = claim;
    if (release === undefined) return [claim];
    const awaited = release.awaited.filter((name) => isAwaited(name, release));
    if (awaited.length === release.awaited.length) return [claim];
    return awaited.length === 0 ? [] : [{ ...claim, release: { ...release, awaited } }];
  });
}

/** What the cluster has in the book, held or being released, and is not among `own`. */
function releasedParts(
  book: readonly Claim[],
  cluster: string,
  own: readonly Held[],
  others: readonly string[],
): readonly Held[] {
  const fresh: Release = { number: lastNumber(book) + 1, awaited: others };
  const held = own.map(({ prefix }) => prefix);
  const parts = claimsOf(book, cluster).flatMap(({ prefix, claim }): Held[] => {
    const release = claim.release ?? fresh;
    if (release.awaited.length === 0) return [];
    if (firstOverlap(held, prefix) < 0) return [{ prefix, claim: { ...claim, release } }];
    return subtractPrefixes(prefix, held).map((part) => ({
      prefix: part,
      claim: { ...claim, prefix: formatPrefix(part), release },
    }));
  });
  if (parts.length <= releasesPerClusterMax) return parts;
  const newestFirst = (a: Held, b: Held) => b.claim.release!.number - a.claim.release!.number;
  return parts.toSorted(newestFirst).slice(0, releasesPerClusterMax);
}

function lastNumber(book: readonly Claim[]): number {
  return releasingClaims(book).reduce((last, { release }) => Math.max(last, release.number), 0);
}
