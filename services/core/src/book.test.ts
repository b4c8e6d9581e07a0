// The address book: who holds what, who is refused, and what a refused one is told.

import fc from "fast-check";
import { expect, test } from "vitest";
import { deepFreeze } from "../testing/freeze.ts";
import { clusterDocument, declared, range } from "../testing/mk.ts";
import { admit } from "./book.ts";
import type { Range, RangeKind } from "./facts.ts";
import {
  containsPrefix,
  formatPrefix,
  overlapsPrefix,
  parsePrefix,
  prefixOf,
  type Prefix,
} from "./prefix.ts";
import type { RangeVerdict } from "./published.ts";
import type { Claim, Declared } from "./world.ts";

const pools: Declared["pools"] = [
  { kind: "pod", prefix: "10.0.0.0/8" },
  { kind: "pod", prefix: "fd00::/32" },
  { kind: "service", prefix: "172.20.0.0/14" },
  { kind: "node", prefix: "172.30.0.0/24" },
];

const incumbent = [
  range("pod", "10.1.0.0/16"),
  range("service", "10.96.0.0/16"),
  range("node", "172.30.0.1/32"),
  range("pod", "fd00:0:1::/64"),
];

function bookOf(
  members: Readonly<Record<string, readonly Range[]>>,
  documents = declared({ pools }),
): readonly Claim[] {
  return Object.entries(members).reduce<readonly Claim[]>(
    (book, [cluster, ranges]) => deepFreeze(admit(book, cluster, ranges, documents).book),
    [],
  );
}

function judge(
  ranges: readonly Range[],
  documents = declared({ pools }),
  members: Readonly<Record<string, readonly Range[]>> = { a: incumbent },
): readonly RangeVerdict[] {
  return admit(bookOf(members), "b", ranges, documents).verdicts;
}

const refusal = (more: Partial<RangeVerdict>) => ({
  admitted: false,
  owner: "",
  ownerPrefix: "",
  overlap: "",
  free: "",
  ...more,
});

test.each<readonly [name: string, asked: Range, want: Partial<RangeVerdict>]>([
  [
    "the same range",
    range("pod", "10.1.0.0/16"),
    { owner: "a", ownerPrefix: "10.1.0.0/16", overlap: "10.1.0.0/16", free: "10.0.0.0/16" },
  ],
  [
    "a part of it",
    range("pod", "10.1.128.0/20"),
    { owner: "a", ownerPrefix: "10.1.0.0/16", overlap: "10.1.128.0/20", free: "10.0.0.0/20" },
  ],
  [
    "one that holds it",
    range("pod", "10.0.0.0/12"),
    { owner: "a", ownerPrefix: "10.1.0.0/16", overlap: "10.1.0.0/16", free: "10.16.0.0/12" },
  ],
  [
    "services over pods",
    range("service", "10.1.0.0/20"),
    { owner: "a", ownerPrefix: "10.1.0.0/16", overlap: "10.1.0.0/20", free: "172.20.0.0/20" },
  ],
  [
    "pods over services",
    range("pod", "10.96.0.0/12"),
    { owner: "a", ownerPrefix: "10.96.0.0/16", overlap: "10.96.0.0/16", free: "10.16.0.0/12" },
  ],
  [
    "pods over a node",
    range("pod", "172.30.0.0/24"),
    { owner: "a", ownerPrefix: "172.30.0.1/32", overlap: "172.30.0.1/32", free: "10.0.0.0/24" },
  ],
  [
    "a node's own address",
    range("node", "172.30.0.1/32"),
    { owner: "a", ownerPrefix: "172.30.0.1/32", overlap: "172.30.0.1/32", free: "172.30.0.0/32" },
  ],
  [
    "the same IPv6 range",
    range("pod", "fd00:0:1::/64"),
    { owner: "a", ownerPrefix: "fd00:0:1::/64", overlap: "fd00:0:1::/64", free: "fd00::/64" },
  ],
  [
    "a part of the IPv6 range",
    range("service", "fd00:0:1::/112"),
    { owner: "a", ownerPrefix: "fd00:0:1::/64", overlap: "fd00:0:1::/112" },
  ],
])("%s is refused alone, with the owner and a free range", (_, asked, want) => {
  const [first, second] = judge([asked, range("pod", "192.168.0.0/16")]).toSorted((x) =>
    x.admitted ? 1 : -1,
  );
  expect(first).toEqual({ ...asked, ...refusal({ reason: "RangeOverlap", ...want }) });
  expect(second).toMatchObject({ prefix: "192.168.0.0/16", admitted: true });
});

test("nodes of two clusters share a segment", () => {
  expect(
    judge([range("node", "172.30.0.2/32"), range("node", "fd00::2/128")]).every((it) => it.admitted),
  ).toBe(true);
});

test.each<readonly [asked: Range, documents: Declared, want: Partial<RangeVerdict>]>([
  [range("pod", "10.5.0.1/16"), declared({ pools }), { reason: "RangeInvalid" }],
  [range("pod", "10.05.0.0/16"), declared({ pools }), { reason: "RangeInvalid" }],
  [range("pod", "FD00::/64"), declared({ pools }), { reason: "RangeInvalid" }],
  [range("pod", "everything"), declared({ pools }), { reason: "RangeInvalid" }],
  [range("pod", "0.0.0.0/0"), declared({ pools }), { reason: "PrefixForbidden" }],
  [range("pod", "169.254.0.0/17"), declared({ pools }), { reason: "PrefixForbidden", free: "10.0.0.0/17" }],
  [
    range("pod", "10.64.0.0/16"),
    declared({ pools, reserved: ["10.64.0.0/24"] }),
    { reason: "RangeReserved", overlap: "10.64.0.0/24", free: "10.0.0.0/16" },
  ],
  [
    range("pod", "10.64.0.0/16"),
    declared({ pools }, [clusterDocument("b", { claims: ["10.32.0.0/12"] })]),
    { reason: "RangeNotAllowed", free: "10.32.0.0/16" },
  ],
  [
    range("pod", "10.1.0.0/16"),
    declared({}, [clusterDocument("b", { claims: ["10.0.0.0/14"] })]),
    { reason: "RangeOverlap", owner: "a", free: "10.0.0.0/16" },
  ],
  [range("pod", "10.1.0.0/16"), declared(), { reason: "RangeOverlap", owner: "a", free: "" }],
])("%j is judged by its documents", (asked, documents, want) => {
  const [verdict] = judge([asked], documents);
  expect(verdict).toMatchObject({ admitted: false, ...want });
});

test("a document that allows the range lets it in", () => {
  const documents = declared({ pools }, [clusterDocument("b", { claims: ["10.64.0.0/11"] })]);
  expect(judge([range("pod", "10.64.0.0/16")], documents)).toMatchObject([{ admitted: true }]);
});

test("a cluster's own ranges of two kinds do not overlap either, and its nodes win", () => {
  const verdicts = judge([
    range("pod", "192.168.0.0/16"),
    range("node", "192.168.0.1/32"),
    range("service", "192.168.0.0/24"),
  ]);
  expect(verdicts).toMatchObject([
    { prefix: "192.168.0.0/16", reason: "RangeOverlap", owner: "b", ownerPrefix: "192.168.0.1/32" },
    { prefix: "192.168.0.0/24", reason: "RangeOverlap", owner: "b", ownerPrefix: "192.168.0.1/32" },
    { prefix: "192.168.0.1/32", admitted: true },
  ]);
});

test("node prefixes inside the cluster's own pod range are one claim", () => {
  const ranges = [range("pod", "10.2.0.0/16"), range("pod", "10.2.0.0/24"), range("pod", "10.2.1.0/24")];
  expect(bookOf({ b: ranges })).toEqual([{ prefix: "10.2.0.0/16", cluster: "b", kind: "pod" }]);
  expect(judge(ranges).every((it) => it.admitted)).toBe(true);
});

test("a range that grows over its own and into another's stays what it was", () => {
  const book = bookOf({ a: incumbent, b: [range("pod", "10.0.0.0/16")] });
  const { book: next, verdicts } = admit(
    book,
    "b",
    [range("pod", "10.0.0.0/16"), range("pod", "10.0.0.0/15")],
    declared(),
  );
  expect(verdicts.map((it) => [it.prefix, it.admitted])).toEqual([
    ["10.0.0.0/15", false],
    ["10.0.0.0/16", true],
  ]);
  expect(next).toBe(book);
});

test("a range that grew into another's is refused, and what was held of it stays", () => {
  const book = bookOf({
    a: [range("pod", "10.1.3.0/24")],
    b: [range("pod", "10.1.0.0/23"), range("pod", "10.1.2.0/24")],
  });
  // Agents join neighbours: with a node on 10.1.3.0/24 the two are reported as one wider range.
  const grown = [range("pod", "10.1.0.0/22")];
  const { book: next, verdicts } = admit(book, "b", grown, declared());
  expect(next).toBe(book);
  expect(verdicts.map((it) => [it.prefix, it.admitted, it.overlap])).toEqual([
    ["10.1.0.0/22", false, "10.1.3.0/24"],
    ["10.1.0.0/23", true, ""],
    ["10.1.2.0/24", true, ""],
  ]);
  const free = bookOf({ b: [range("pod", "10.1.0.0/23"), range("pod", "10.1.2.0/24")] });
  expect(admit(free, "b", grown, declared()).book).toEqual([
    { prefix: "10.1.0.0/22", cluster: "b", kind: "pod" },
  ]);
});

test("of a range that grew twice, once admitted and once refused, the same is said each time", () => {
  const book = bookOf({ a: [range("pod", "10.64.0.0/11")], d: [range("pod", "10.96.0.0/12")] });
  const grown = [range("pod", "10.64.0.0/10"), range("pod", "10.96.0.0/11")];
  const once = admit(book, "d", grown, declared());
  expect(admit(once.book, "d", grown, declared())).toEqual(once);
});

test("what is not reported any more is released, and a smaller part is kept", () => {
  const book = bookOf({ a: incumbent });
  const { book: next } = admit(book, "a", [range("pod", "10.1.4.0/24")], declared());
  expect(next).toEqual([{ prefix: "10.1.4.0/24", cluster: "a", kind: "pod" }]);
  expect(admit(next, "b", [range("pod", "10.1.0.0/24")], declared()).verdicts).toMatchObject([
    { admitted: true },
  ]);
});

test("documents take nothing from who holds it", () => {
  const strict = declared({ reserved: ["10.0.0.0/8"] }, [
    clusterDocument("a", { claims: ["192.168.0.0/16"] }),
  ]);
  const book = bookOf({ a: incumbent });
  const { book: next, verdicts } = admit(book, "a", incumbent, strict);
  expect(verdicts.every((it) => it.admitted)).toBe(true);
  expect(next).toBe(book);
});

test("two refused ranges are offered two free ones", () => {
  const offered = judge([range("pod", "10.1.0.0/24"), range("pod", "10.1.1.0/24")]).map((it) => it.free);
  expect(offered).toEqual(["10.0.0.0/24", "10.0.1.0/24"]);
});

const kinds: readonly RangeKind[] = ["pod", "service", "node", "loadBalancer", "reserved"];
const anyRange = fc
  .record({
    kind: fc.constantFrom(...kinds),
    six: fc.boolean(),
    value: fc.integer({ min: 0, max: 255 }),
    length: fc.integer({ min: 2, max: 8 }),
  })
  .map(({ kind, six, value, length }) => {
    const prefix = six
      ? prefixOf({ family: 6, value: (0xfd00n << 112n) + (BigInt(value) << 64n) }, 56 + length)
      : prefixOf({ family: 4, value: 0x0a000000n + (BigInt(value) << 16n) }, 8 + length);
    return range(kind, formatPrefix(prefix));
  });
const report = fc.record({
  cluster: fc.constantFrom("a", "b", "c", "d"),
  ranges: fc.array(anyRange, { maxLength: 8 }),
});
const wide = declared({
  pools: kinds.map((kind) => ({ kind, prefix: "10.0.0.0/9" })),
  reserved: ["10.200.0.0/16"],
});

test("the book stays disjoint, and nobody loses what he reports because of another", () => {
  fc.assert(
    fc.property(fc.array(report, { maxLength: 12 }), (reports) => {
      let book: readonly Claim[] = deepFreeze([]);
      for (const { cluster, ranges } of reports) {
        const before = book;
        const { book: next, verdicts } = admit(before, cluster, deepFreeze(ranges), wide);
        book = deepFreeze(next);
        const prefixes = book.map((claim) => parsePrefix(claim.prefix));
        const meets = (prefix: Prefix, at: number) => at > 0 && overlapsPrefix(prefixes[at - 1]!, prefix);
        expect(prefixes.some(meets)).toBe(false);
        expect(book.filter((claim) => claim.cluster !== cluster)).toEqual(
          before.filter((claim) => claim.cluster !== cluster),
        );
        const reported = ranges.map(({ kind, prefix }) => ({ kind, prefix: parsePrefix(prefix) }));
        for (const claim of before.filter((it) => it.cluster === cluster)) {
          const held = parsePrefix(claim.prefix);
          if (!reported.some(({ kind, prefix }) => kind === claim.kind && containsPrefix(prefix, held)))
            continue;
          expect(prefixes.some((prefix) => containsPrefix(prefix, held))).toBe(true);
        }
        for (const verdict of verdicts) {
          const prefix = parsePrefix(verdict.prefix);
          const holder = book.find((claim) => containsPrefix(parsePrefix(claim.prefix), prefix));
          expect(verdict.admitted).toBe(holder?.cluster === cluster && holder.kind === verdict.kind);
        }
        expect(admit(book, cluster, ranges, wide)).toEqual({ book, verdicts });
        expect(admit(book, cluster, ranges, wide).book).toBe(book);
      }
    }),
    { numRuns: 200 },
  );
});

test("what is offered as free is admitted when it is asked for", () => {
  fc.assert(
    fc.property(fc.array(report, { minLength: 2, maxLength: 8 }), (reports) => {
      let book: readonly Claim[] = [];
      for (const { cluster, ranges } of reports) {
        const { book: next, verdicts } = admit(book, cluster, ranges, wide);
        const corrected = verdicts.map((it) =>
          it.admitted || it.free === "" ? it : range(it.kind, it.free),
        );
        const offered = verdicts.filter((it) => !it.admitted && it.free !== "").map((it) => it.free);
        const again = admit(next, cluster, corrected, wide);
        const taken = again.verdicts.filter((verdict) => offered.includes(verdict.prefix));
        expect(taken.filter((verdict) => !verdict.admitted)).toEqual([]);
        for (const verdict of verdicts.filter((it) => it.free !== "")) {
          expect(parsePrefix(verdict.free).length).toBe(parsePrefix(verdict.prefix).length);
        }
        book = next;
      }
    }),
    { numRuns: 200 },
  );
});
