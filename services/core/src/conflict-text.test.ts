// What people read of a conflict: the field, the value, whose it is, who differs; and never more than fits.

import fc from "fast-check";
import { expect, test } from "vitest";
import { anyConstituents } from "../testing/any-exports.ts";
import { exportFact, exportPort as port } from "../testing/mk.ts";
import type { ExportFact } from "./facts.ts";
import { conflictMessageCharsMax } from "./limits.ts";
import { merge } from "./merge.ts";

/** The message about exports of `a`, `b`, `c` and so on, the oldest first. */
function messageOf(...facts: readonly Partial<ExportFact>[]): string {
  const constituents = facts.map((fact, at) => ({
    cluster: String.fromCodePoint(97 + at),
    fact: exportFact({ createdAt: 1 + at, ...fact }),
  }));
  return merge(constituents)!.status.message;
}

test.each<readonly [field: string, facts: readonly Partial<ExportFact>[], message: string]>([
  [
    "type",
    [{}, { type: "Headless" }, {}],
    'type: "ClusterSetIP" of "a", the oldest export, is used; 1 cluster differs: "b" has "Headless"',
  ],
  [
    "sessionAffinity",
    [{}, { sessionAffinity: "ClientIP" }, { sessionAffinity: "ClientIP" }],
    'sessionAffinity: "None" of "a", the oldest export, is used; 2 clusters differ: "b" has "ClientIP", "c" has "ClientIP"',
  ],
  [
    "sessionAffinityConfig",
    [
      { sessionAffinity: "ClientIP", sessionAffinityTimeoutSeconds: 10 },
      { sessionAffinity: "ClientIP", sessionAffinityTimeoutSeconds: 20 },
    ],
    'sessionAffinityConfig: "10 s" of "a", the oldest export, is used; 1 cluster differs: "b" has "20 s"',
  ],
  [
    "internalTrafficPolicy",
    [{}, { internalTrafficPolicy: "Local" }],
    'internalTrafficPolicy: "Cluster" of "a", the oldest export, is used; 1 cluster differs: "b" has "Local"',
  ],
  [
    "trafficDistribution",
    [{}, { trafficDistribution: "PreferClose" }],
    'trafficDistribution: "none" of "a", the oldest export, is used; 1 cluster differs: "b" has "PreferClose"',
  ],
  [
    "ipFamilies",
    [{}, { ipFamilies: ["IPv4"] }],
    'ipFamilies: "IPv4,IPv6" of "a", the oldest export, is used; 1 cluster differs: "b" has "IPv4"; ' +
      "those are reached by the families only that they share with it",
  ],
  [
    "exportedLabels",
    [
      { labels: { tier: "one", same: "x" } },
      { labels: { tier: "two", same: "x" } },
      { labels: { more: "x" } },
    ],
    'exportedLabels: the whole set of "a", the oldest export, is used; 2 clusters differ: "b", "c"; ' +
      'keys that differ: "more", "same", "tier"',
  ],
  [
    "exportedAnnotations",
    [{}, { annotations: { "example.com/a b": "x".repeat(5_000) } }],
    'exportedAnnotations: the whole set of "a", the oldest export, is used; 1 cluster differs: "b"; ' +
      'keys that differ: "example.com/a b"',
  ],
  [
    "ports",
    [
      { ports: [port("http", 80), port("rpc", 90)] },
      {
        ports: [
          port("http", 81),
          port("rpc", 90, { appProtocol: "grpc" }),
          port("more", 70, { protocol: "SCTP" }),
        ],
      },
    ],
    "ports: all exports' ports are used, the older export's where two collide (\"a\" has the oldest); " +
      '1 cluster differs: "b"; not every cluster has "http TCP/80", "more SCTP/70"; ' +
      'lost to an older port, so nothing is sent to it: "http TCP/81" of "b"; ' +
      'published with an older export\'s appProtocol: "rpc TCP/90 (grpc)" of "b"',
  ],
  [
    "ports without a name",
    [{ ports: [port("", 80)] }, { ports: [] }],
    "ports: all exports' ports are used, the older export's where two collide (\"a\" has the oldest); " +
      '1 cluster differs: "b"; not every cluster has "unnamed TCP/80"',
  ],
])(
  "a conflict in %s says the field, the value, whose it is and who differs (MCS 27)",
  (_, facts, message) => {
    expect(messageOf(...facts)).toBe(message);
  },
);

test("several conflicts are several sentences (MCS 27)", () => {
  expect(messageOf({}, { type: "Headless", internalTrafficPolicy: "Local" })).toBe(
    'internalTrafficPolicy: "Cluster" of "a", the oldest export, is used; 1 cluster differs: "b" has "Local". ' +
      'type: "ClusterSetIP" of "a", the oldest export, is used; 1 cluster differs: "b" has "Headless"',
  );
});

test("one more export that agrees changes no word (MCS 27)", () => {
  const two = [{}, { type: "Headless" as const, labels: { x: "1" } }];
  expect(messageOf(...two, {}, {})).toBe(messageOf(...two));
});

test("many clusters and keys are counted, not listed (MCS 27)", () => {
  const labels = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`k${at + 10}`, "x"]));
  const message = messageOf({}, ...Array.from({ length: 20 }, () => ({ labels })));
  expect(message).toMatch(/20 clusters differ: "b", "c", "d" and 17 more; /);
  expect(message).toMatch(/keys that differ: "k10", "k11", "k12" and 37 more$/);
});

test("of the longest names and nine conflicts every field, its value and its owner are told (MCS 27)", () => {
  const record = (at: number) => ({
    [`${"k".repeat(63)}/${at}`]: "x",
    ["l".repeat(63)]: "x",
    ["m".repeat(63)]: "x",
  });
  const younger = (at: number): Partial<ExportFact> => ({
    type: "Headless",
    ipFamilies: ["IPv4"],
    ports: Array.from({ length: 5 }, (_, number) =>
      port(`p${number}`.padEnd(63, "x"), 60_000 + 10 * at + number),
    ),
    sessionAffinity: at === 1 ? "ClientIP" : "None",
    sessionAffinityTimeoutSeconds: at === 2 ? 9 : 0,
    internalTrafficPolicy: "Local",
    trafficDistribution: "PreferSameZone",
    labels: record(at),
    annotations: record(at),
  });
  const constituents = [{}, ...[1, 2, 3, 4, 5].map(younger)].map((fact, at) => ({
    cluster: String.fromCodePoint(97 + at).repeat(63),
    fact: exportFact({ createdAt: 1 + at, ...fact }),
  }));
  const { conflicts, message } = merge(constituents)!.status;
  expect(conflicts).toHaveLength(9);
  expect(message.length).toBeLessThanOrEqual(conflictMessageCharsMax);
  const owner = `"${"a".repeat(63)}"`;
  for (const said of [
    `exportedAnnotations: the whole set of ${owner}`,
    `exportedLabels: the whole set of ${owner}`,
    `internalTrafficPolicy: "Cluster" of ${owner}`,
    `ipFamilies: "IPv4,IPv6" of ${owner}`,
    `the older export's where two collide (${owner}`,
    `sessionAffinity: "None" of ${owner}, the oldest export, is used; 1 cluster differs`,
    `sessionAffinityConfig: "0 s" of ${owner}, the oldest export, is used; 1 cluster differs`,
    `trafficDistribution: "none" of ${owner}, the oldest export, is used; 5 clusters differ`,
    `type: "ClusterSetIP" of ${owner}, the oldest export, is used; 5 clusters differ`,
  ])
    expect(message).toContain(said);
});

test("a long name is not cut in the middle of a character (MCS 27)", () => {
  const smiles = "\u{1F600}".repeat(60);
  const message = messageOf({}, { annotations: { [smiles]: "x", [`_${smiles}`]: "x" } });
  expect(message).toMatch(/keys that differ: "_\u{1F600}+\.\.\.", "\u{1F600}+\.\.\."$/u);
});

test("a message is bounded, whatever clusters call their things (MCS 27)", () => {
  const long = fc.string({ unit: "binary", minLength: 0, maxLength: 120 });
  const odd = fc.record({
    sessionAffinity: long,
    internalTrafficPolicy: long,
    trafficDistribution: long,
    labels: fc.dictionary(long, long),
    annotations: fc.dictionary(long, long),
    ipFamilies: fc.array(long, { maxLength: 3 }),
    ports: fc.array(fc.record({ name: long, port: fc.nat(65_535), appProtocol: long }), { maxLength: 8 }),
  });
  const longNames = anyConstituents.chain((constituents) =>
    fc.array(odd, { minLength: constituents.length, maxLength: constituents.length }).map((odds) =>
      constituents.map(({ cluster, fact }, at) => {
        const { ports, ...rest } = odds[at]!;
        return {
          cluster: cluster.repeat(63),
          fact: { ...fact, ...rest, ports: ports.map((it) => ({ ...it, protocol: "TCP" as const })) },
        };
      }),
    ),
  );
  fc.assert(
    fc.property(longNames, (constituents) => {
      const { message } = merge(constituents)!.status;
      expect(message.length).toBeLessThanOrEqual(conflictMessageCharsMax);
      // No half of a character: it would not travel as it is.
      expect(() => encodeURIComponent(message)).not.toThrow();
    }),
    { numRuns: 30 },
  );
});
