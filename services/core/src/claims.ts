// The address book's claims as prefixes, ready to be searched, and one cluster's own claims while they are
// being decided. A book is sorted and disjoint: a range inside one that its cluster holds makes no claim.

import { sameValue } from "./compare.ts";
import type { RangeKind } from "./facts.ts";
import {
  comparePrefixes,
  containsPrefix,
  formatPrefix,
  overlapsPrefix,
  parsePrefix,
  type Prefix,
} from "./prefix.ts";
import { firstOverlap, lowerBound } from "./prefix-table.ts";
import type { Claim } from "./world.ts";

/** A claim with its prefix parsed. */
export interface Held {
  readonly prefix: Prefix;
  readonly claim: Claim;
}

/** A book ready to be searched; the lists run in parallel. */
interface Index {
  readonly prefixes: readonly Prefix[];
  readonly claims: readonly Claim[];
  /** How many claims each cluster has. */
  readonly counts: ReadonlyMap<string, number>;
}

/** A book is never changed, so what was computed of it stays true. */
const indexes = new WeakMap<readonly Claim[], Index>();

/** Every claim of the book that meets the prefix, sorted. */
export function* overlappingClaims(book: readonly Claim[], prefix: Prefix): Generator<Held, undefined> {
  const { prefixes, claims } = indexOf(book);
  let at = firstOverlap(prefixes, prefix);
  for (; at >= 0 && at < prefixes.length && overlapsPrefix(prefixes[at]!, prefix); at++) {
    yield { prefix: prefixes[at]!, claim: claims[at]! };
  }
}

/** Every claim of a cluster, sorted. */
export function claimsOf(book: readonly Claim[], cluster: string): readonly Held[] {
  const { prefixes, claims } = indexOf(book);
  return claims.flatMap((claim, at) => (claim.cluster === cluster ? [{ prefix: prefixes[at]!, claim }] : []));
}

/** Whether these are all claims of the cluster. */
export function hasClaims(book: readonly Claim[], cluster: string, own: readonly Held[]): boolean {
  const { prefixes, claims, counts } = indexOf(book);
  if (own.length !== (counts.get(cluster) ?? 0)) return false;
  return own.every(({ prefix, claim }) => {
    const found = claims[lowerBound(prefixes, prefix)];
    return found !== undefined && sameValue(found, claim);
  });
}

/** The book with exactly these claims of the cluster; the same object when nothing changes. `own` is sorted and disjoint. */
export function withClaims(book: readonly Claim[], cluster: string, own: readonly Held[]): readonly Claim[] {
  if (hasClaims(book, cluster, own)) return book;
  const { prefixes, claims, counts } = indexOf(book);
  const nextPrefixes: Prefix[] = [];
  const nextClaims: Claim[] = [];
  let taken = 0;
  const take = (held: Held) => {
    nextPrefixes.push(held.prefix);
    nextClaims.push(held.claim);
    taken++;
  };
  for (const [at, claim] of claims.entries()) {
    if (claim.cluster === cluster) continue;
    const prefix = prefixes[at]!;
    while (taken < own.length && comparePrefixes(own[taken]!.prefix, prefix) < 0) take(own[taken]!);
    nextPrefixes.push(prefix);
    nextClaims.push(claim);
  }
  while (taken < own.length) take(own[taken]!);
  indexes.set(nextClaims, {
    prefixes: nextPrefixes,
    claims: nextClaims,
    counts: new Map(counts).set(cluster, own.length),
  });
  return nextClaims;
}

/** What one cluster holds, while its ranges are decided one by one. */
export class OwnClaims {
  private readonly cluster: string;
  private readonly prefixes: Prefix[] = [];
  private readonly kinds: RangeKind[] = [];

  constructor(cluster: string) {
    this.cluster = cluster;
  }

  /** The first claim of another kind that meets the prefix. */
  conflict(prefix: Prefix, kind: RangeKind): Held | undefined {
    for (let at = this.first(prefix); this.meets(at, prefix); at++) {
      if (this.kinds[at] !== kind) return this.at(at);
    }
    return undefined;
  }

  /** Adds a prefix that has no conflict; one inside another makes one claim, the wider. */
  add(prefix: Prefix, kind: RangeKind): void {
    const first = this.first(prefix);
    if (this.meets(first, prefix) && containsPrefix(this.prefixes[first]!, prefix)) return;
    let count = 0;
    while (this.meets(first + count, prefix)) count++;
    const at = count > 0 ? first : lowerBound(this.prefixes, prefix);
    this.prefixes.splice(at, count, prefix);
    this.kinds.splice(at, count, kind);
  }

  /** All of them, sorted. */
  all(): readonly Held[] {
    return this.prefixes.map((_, at) => this.at(at));
  }

  private first(prefix: Prefix): number {
    return firstOverlap(this.prefixes, prefix);
  }

  private meets(at: number, prefix: Prefix): boolean {
    const held = at < 0 ? undefined : this.prefixes[at];
    return held !== undefined && overlapsPrefix(held, prefix);
  }

  private at(at: number): Held {
    const prefix = this.prefixes[at]!;
    return { prefix, claim: { prefix: formatPrefix(prefix), cluster: this.cluster, kind: this.kinds[at]! } };
  }
}

function indexOf(book: readonly Claim[]): Index {
  const known = indexes.get(book);
  if (known !== undefined) return known;
  const counts = new Map<string, number>();
  for (const { cluster } of book) counts.set(cluster, (counts.get(cluster) ?? 0) + 1);
  const index: Index = { prefixes: book.map((claim) => parsePrefix(claim.prefix)), claims: book, counts };
  indexes.set(book, index);
  return index;
}
