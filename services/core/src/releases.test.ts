// Freed ranges: kept until everybody has let go of them, given to nobody before, and taken back at once by who had them.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deepFreeze } from "../testing/freeze.ts";
import { clusterFact, declared, healthy, range, rangesOf, section, worldOf } from "../testing/mk.ts";
import { publishedText } from "../testing/published.ts";
import { admit } from "./book.ts";
import { explainImport, reduce, releasingClaims, restoreWorld, storedWorld } from "./index.ts";
import type { Fact, Range, RangeKind, World } from "./index.ts";
import { releasesPerClusterMax } from "./limits.ts";
import { containsPrefix, formatPrefix, overlapsPrefix, parsePrefix, prefixOf } from "./prefix.ts";
import { withoutAwaited } from "./releases.ts";
import type { Claim } from "./world.ts";

const pod = (prefix: string): Range => range("pod", prefix);
const report = (
  book: readonly Claim[],
  cluster: string,
  ranges: readonly Range[],
  others: readonly string[],
) => admit(book, cluster, ranges, declared({ pools: [{ kind: "pod", prefix: "10.0.0.0/8" }] }), others);

describe("what is reported no more", () => {
  const others = ["b", "c"];
  const held = report([], "a", [pod("10.1.0.0/16"), range("service", "10.96.0.0/16")], others).book;

  test.each<
    readonly [what: string, next: readonly Range[], releasing: readonly string[], kept: readonly string[]]
  >([
    ["all of it", [], ["10.1.0.0/16", "10.96.0.0/16"], []],
    ["one range of two", [pod("10.1.0.0/16")], ["10.96.0.0/16"], ["10.1.0.0/16"]],
    [
      "all but a half",
      [pod("10.1.0.0/17"), range("service", "10.96.0.0/16")],
      ["10.1.128.0/17"],
      ["10.1.0.0/17", "10.96.0.0/16"],
    ],
    [
      "all but an inner part",
      [pod("10.1.64.0/18"), range("service", "10.96.0.0/16")],
      ["10.1.0.0/18", "10.1.128.0/17"],
      ["10.1.64.0/18", "10.96.0.0/16"],
    ],
    [
      "a range that moved and grew",
      [pod("10.2.0.0/15"), range("service", "10.96.0.0/16")],
      ["10.1.0.0/16"],
      ["10.2.0.0/15", "10.96.0.0/16"],
    ],
    [
      "nothing of a range that grew",
      [pod("10.0.0.0/15"), range("service", "10.96.0.0/16")],
      [],
      ["10.0.0.0/15", "10.96.0.0/16"],
    ],
  ])("%s is being released, and the rest stays held", (_, next, releasing, kept) => {
    const { book, verdicts } = report(held, "a", next, others);
    expect(releasingClaims(book).map((it) => it.prefix)).toEqual(releasing);
    expect(releasingClaims(book).every((it) => it.release.awaited === others)).toBe(true);
    expect(book.filter((it) => it.release === undefined).map((it) => it.prefix)).toEqual(kept);
    expect(verdicts.every((it) => it.admitted)).toBe(true);
    expect(report(book, "a", next, others).book).toBe(book);
  });

  test("is free at once when there is nobody else", () => {
    expect(report(held, "a", [], []).book).toEqual([]);
  });

  test("is refused to a newcomer with a reason of its own, whose it was and what is free", () => {
    const { book } = report(held, "a", [], others);
    expect(report(book, "b", [pod("10.1.2.0/24")], ["a", "c"]).verdicts).toMatchObject([
      {
        admitted: false,
        reason: "RangeReleasing",
        owner: "a",
        ownerPrefix: "10.1.0.0/16",
        overlap: "10.1.2.0/24",
        free: "10.0.0.0/24",
      },
    ]);
  });

  test("is named after what is held, which is not free by itself one day", () => {
    const { book } = report(held, "a", [range("service", "10.96.0.0/16")], others);
    expect(report(book, "b", [pod("10.0.0.0/9")], ["a", "c"]).verdicts).toMatchObject([
      { reason: "RangeOverlap", owner: "a", ownerPrefix: "10.96.0.0/16" },
    ]);
  });

  test("is its owner's again at once, in part too, also for addresses of another kind", () => {
    const { book } = report(held, "a", [], others);
    const { book: next, verdicts } = report(book, "a", [range("service", "10.1.0.0/17")], others);
    expect(verdicts).toMatchObject([{ prefix: "10.1.0.0/17", admitted: true }]);
    expect(releasingClaims(next).map((it) => it.prefix)).toEqual(["10.1.128.0/17", "10.96.0.0/16"]);
  });

  test("is asked for anew by its owner, so what the documents say by now counts", () => {
    const { book } = report(held, "a", [], others);
    const strict = declared({ reserved: ["10.1.0.0/16"] });
    const { book: next, verdicts } = admit(book, "a", [pod("10.1.0.0/16")], strict, others);
    expect(verdicts).toMatchObject([{ admitted: false, reason: "RangeReserved" }]);
    expect(next).toBe(book);
  });

  test("may be moved into another's range: that one is quarantined, the rest stays, and the way back is open", () => {
    const book = report(held, "b", [pod("10.2.0.0/16"), range("service", "10.97.0.0/16")], ["a", "c"]).book;
    const moved = [pod("10.1.128.0/17"), range("service", "10.97.0.0/16")];
    const { book: next, verdicts } = report(book, "b", moved, ["a", "c"]);
    expect(verdicts.map((it) => [it.prefix, it.admitted, it.reason, it.owner])).toEqual([
      ["10.1.128.0/17", false, "RangeOverlap", "a"],
      ["10.97.0.0/16", true, undefined, ""],
    ]);
    expect(next.filter((it) => it.cluster === "a")).toEqual(book.filter((it) => it.cluster === "a"));
    expect(releasingClaims(next)).toMatchObject([{ prefix: "10.2.0.0/16", cluster: "b" }]);
    expect(report(next, "b", [pod("10.2.0.0/16"), ...moved], ["a", "c"]).verdicts).toMatchObject([
      { prefix: "10.1.128.0/17", admitted: false },
      { prefix: "10.2.0.0/16", admitted: true },
      { prefix: "10.97.0.0/16", admitted: true },
    ]);
  });

  test("goes when the last has let go of it, and not of an earlier release", () => {
    const first = report(held, "a", [pod("10.1.0.0/16")], others).book;
    const second = report(first, "a", [], others).book;
    const numbers = new Map(releasingClaims(second).map((it) => [it.prefix, it.release.number]));
    expect([numbers.get("10.96.0.0/16"), numbers.get("10.1.0.0/16")]).toEqual([1, 2]);
    const afterFirst = withoutAwaited(
      second,
      new Map([
        ["b", 1],
        ["c", 2],
      ]),
    );
    expect(releasingClaims(afterFirst)).toMatchObject([
      { prefix: "10.1.0.0/16", release: { awaited: ["b"] } },
    ]);
    expect(
      withoutAwaited(
        afterFirst,
        new Map([
          ["b", 1],
          ["c", 2],
        ]),
      ),
    ).toBe(afterFirst);
    expect(withoutAwaited(afterFirst, new Map([["b", 2]]))).toEqual([]);
  });

  test("is bounded: of too many releases the oldest are over", () => {
    const hosts = (third: number) =>
      Array.from({ length: releasesPerClusterMax / 16 }, (_, at) => pod(`10.${third}.${at}.0/24`));
    const books = Array.from({ length: 18 }, (_, at) => at).reduce<readonly Claim[]>(
      (book, at) => report(book, "a", hosts(at), others).book,
      [],
    );
    const releasing = releasingClaims(books);
    expect(releasing).toHaveLength(releasesPerClusterMax);
    expect(releasing.every((it) => !it.prefix.startsWith("10.0."))).toBe(true);
  });
});

describe("in the world", () => {
  const both = worldOf([...healthy("a", 1), ...healthy("b", 2)]);
  const letGo = (...members: (readonly [string, number])[]): Fact => ({ type: "letGo", members });
  const smaller = section({ cluster: "a", kind: "cluster" }, { "": clusterFact(rangesOf(1).slice(1)) });
  const wish = [...rangesOf(3).slice(1), range("pod", "10.1.0.0/16")];
  const newcomer = section({ cluster: "c", kind: "cluster" }, { "": clusterFact(wish) });
  const verdictOf = (world: World) =>
    world.admissions.get("c")?.verdicts.find((it) => it.prefix === "10.1.0.0/16");

  test("the newcomer waits for all who knew the range, and is admitted by itself", () => {
    const freed = worldOf([smaller, newcomer], both);
    expect(verdictOf(freed)).toMatchObject({ reason: "RangeReleasing", owner: "a" });
    expect(reduce(freed, letGo(["a", 1], ["c", 1])).world).toBe(freed);
    const { world, touched } = reduce(freed, letGo(["b", 1]));
    expect(verdictOf(world)).toMatchObject({ admitted: true });
    expect(touched).toContainEqual({ shard: "member||", key: "c" });
  });

  test("a cluster that waits already is awaited too: it may use what it knew", () => {
    const waiting = worldOf([newcomer, smaller], both);
    expect(verdictOf(waiting)).toMatchObject({ reason: "RangeReleasing" });
    const some = worldOf([letGo(["b", 1])], waiting);
    expect(verdictOf(some)).toMatchObject({ reason: "RangeReleasing" });
    expect(verdictOf(worldOf([letGo(["c", 1])], some))).toMatchObject({ admitted: true });
  });

  test("a cluster that left is waited for no more, and what it held is released too", () => {
    const freed = worldOf([smaller, newcomer], both);
    const gone = worldOf([{ type: "forget", cluster: "b" }], freed);
    expect(verdictOf(gone)).toMatchObject({ admitted: true });
    const ofB = releasingClaims(gone.book).filter((it) => it.cluster === "b");
    expect(ofB.map((it) => it.release.awaited)).toEqual(rangesOf(2).map(() => ["a", "c"]));
  });

  test("a restart keeps who is waited for", () => {
    const freed = worldOf([smaller, newcomer], both);
    const again = restoreWorld(freed.declared, storedWorld(freed));
    expect(again.book).toEqual(freed.book);
    expect(verdictOf(again)).toEqual(verdictOf(freed));
    const left = worldOf([{ type: "forget", cluster: "a" }], freed);
    expect(restoreWorld(left.declared, storedWorld(left)).pending.has("a")).toBe(false);
  });

  test("who lets go says nothing new to anybody", () => {
    const freed = worldOf([newcomer, ...healthy("d", 4), smaller], both);
    const some = reduce(freed, letGo(["b", 1]));
    expect(some.touched).toEqual([]);
    expect(publishedText(some.world)).toBe(publishedText(freed));
  });

  test("the explanation names who is waited for", () => {
    const fact = section({ cluster: "c", kind: "export", namespace: "shop" }, { web: healthyExport("c") });
    const freed = worldOf([smaller, newcomer, fact], both);
    expect(explainImport(freed, "b", "shop", "web").map((it) => it.message)).toContainEqual(
      expect.stringMatching(
        /it meets 10\.1\.0\.0\/16 of cluster "a" .* which let it go; not everybody else has yet: "b"/,
      ),
    );
  });
});

function healthyExport(cluster: string) {
  const fact = healthy(cluster, 3).find((it) => it.type === "section" && it.shard.kind === "export");
  return fact?.type === "section" ? fact.upserts[0]![1] : undefined!;
}

const kinds: readonly RangeKind[] = ["pod", "service"];
const names = ["a", "b", "c"] as const;
const anyRange = fc
  .record({
    kind: fc.constantFrom(...kinds),
    value: fc.integer({ min: 0, max: 31 }),
    length: fc.integer({ min: 3, max: 8 }),
  })
  .map(({ kind, value, length }) =>
    range(
      kind,
      formatPrefix(prefixOf({ family: 4, value: 0x0a000000n + (BigInt(value) << 19n) }, 8 + length)),
    ),
  );
const step = fc.oneof(
  fc.record({
    does: fc.constant("reports" as const),
    cluster: fc.constantFrom(...names),
    ranges: fc.array(anyRange, { maxLength: 4 }),
  }),
  fc.record({ does: fc.constant("letsGo" as const), cluster: fc.constantFrom(...names) }),
);

test("nobody gets what another may still use, and nothing that is reported is lost", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let book: readonly Claim[] = deepFreeze([]);
      /** The model: by cluster, what each of the others last knew it to hold. */
      const known = new Map<string, readonly Claim[]>();
      const knownBy = (member: string) => known.get(member) ?? [];
      for (const it of steps) {
        if (it.does === "letsGo") {
          book = deepFreeze(withoutAwaited(book, new Map([[it.cluster, Number.POSITIVE_INFINITY]])));
          known.set(
            it.cluster,
            book.filter((claim) => claim.release === undefined),
          );
          continue;
        }
        const before = book.filter((claim) => claim.cluster === it.cluster && claim.release === undefined);
        const others = names.filter((name) => name !== it.cluster);
        const { book: next, verdicts } = admit(book, it.cluster, deepFreeze(it.ranges), declared(), others);
        book = deepFreeze(next);
        for (const claim of book.filter(({ release }) => release === undefined)) {
          const prefix = parsePrefix(claim.prefix);
          for (const member of names.filter((name) => name !== claim.cluster)) {
            const stale = knownBy(member).filter(
              (old) =>
                old.cluster !== claim.cluster &&
                old.cluster !== member &&
                overlapsPrefix(parsePrefix(old.prefix), prefix),
            );
            expect(stale).toEqual([]);
          }
        }
        for (const held of before) {
          const isAsked = it.ranges.some(
            ({ kind, prefix }) =>
              kind === held.kind && containsPrefix(parsePrefix(prefix), parsePrefix(held.prefix)),
          );
          const isKept = verdicts.some(
            ({ kind, prefix, admitted }) =>
              admitted && kind === held.kind && containsPrefix(parsePrefix(prefix), parsePrefix(held.prefix)),
          );
          expect(isKept || !isAsked).toBe(true);
        }
        const prefixes = book.map((claim) => parsePrefix(claim.prefix));
        expect(prefixes.some((prefix, at) => at > 0 && overlapsPrefix(prefixes[at - 1]!, prefix))).toBe(
          false,
        );
        expect(admit(book, it.cluster, it.ranges, declared(), others).book).toBe(book);
        // Every other member is told at once: it may use what is held from now on.
        for (const name of names) {
          const held = book.filter((claim) => claim.release === undefined);
          known.set(name, [...knownBy(name), ...held]);
        }
      }
    }),
    { numRuns: 300 },
  );
});
