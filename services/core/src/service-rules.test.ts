// What no API server takes in a Service: named by field, refused of whoever exports it, and nobody else's trouble.

import { expect, test } from "vitest";
import {
  clusterFact,
  exportFact,
  exportPort as port,
  rangesOf,
  removal,
  section,
  worldOf,
} from "../testing/mk.ts";
import { viewOf, type ExportFact, type Fact } from "./index.ts";
import { exportFault } from "./service-rules.ts";

const affinity = (seconds: number): Partial<ExportFact> => ({
  sessionAffinity: "ClientIP",
  sessionAffinityTimeoutSeconds: seconds,
});

const invalid: readonly (readonly [name: string, fact: Partial<ExportFact>, message: string])[] = [
  [
    "a port's name with capitals",
    { ports: [port("HTTP_Main", 80)] },
    'ports[0].name must be 1 to 63 lower-case letters, digits and inner hyphens, not "HTTP_Main"',
  ],
  [
    "a port's name of 64 characters",
    { ports: [port("x".repeat(64), 80)] },
    `ports[0].name must be 1 to 63 lower-case letters, digits and inner hyphens, not "${"x".repeat(64)}"`,
  ],
  [
    "a number above all ports",
    { ports: [port("a", 80), port("b", 70_000)] },
    "ports[1].port must be from 1 to 65535, not 70000",
  ],
  ["port zero", { ports: [port("a", 0)] }, "ports[0].port must be from 1 to 65535, not 0"],
  ["a negative port", { ports: [port("a", -1)] }, "ports[0].port must be from 1 to 65535, not -1"],
  [
    "an application protocol that is no name",
    { ports: [port("a", 80, { appProtocol: "h 2" })] },
    'ports[0].appProtocol must be a name, or a DNS subdomain, a slash and a name, not "h 2"',
  ],
  [
    "a name twice",
    { ports: [port("a", 80), port("a", 81)] },
    'ports[1].name must be no other port\'s, not "a"',
  ],
  [
    "a number of a protocol twice",
    { ports: [port("a", 80), port("b", 80)] },
    "ports[1].port must be no other port's of its protocol, not 80",
  ],
  [
    "one of several ports without a name",
    { ports: [port("a", 80), port("", 81)] },
    "ports[1] must have a name, as there are several ports",
  ],
  [
    "an affinity of another kind",
    { sessionAffinity: "Cookie" },
    'sessionAffinity must be None or ClientIP, not "Cookie"',
  ],
  [
    "an affinity for no time",
    affinity(0),
    "sessionAffinityTimeoutSeconds must be from 1 to 86400 seconds, not 0",
  ],
  [
    "an affinity for more than a day",
    affinity(86_401),
    "sessionAffinityTimeoutSeconds must be from 1 to 86400 seconds, not 86401",
  ],
];

test.each<readonly [name: string, fact: Partial<ExportFact>]>([
  ["no port", { ports: [] }],
  ["one port without a name", { ports: [port("", 1)] }],
  ["the longest name and the highest number", { ports: [port("x".repeat(63), 65_535)] }],
  ["a name of digits", { ports: [port("80", 80)] }],
  ["a number of two protocols", { ports: [port("a", 53), port("b", 53, { protocol: "UDP" })] }],
  ["protocols of applications", { ports: [port("a", 80, { appProtocol: "kubernetes.io/h2c" })] }],
  ["the shortest affinity", affinity(1)],
  ["the longest affinity", affinity(86_400)],
])("an API server takes %s (MCS 30)", (_, fact) => {
  expect(exportFault(exportFact(fact))).toBeUndefined();
});

test.each(invalid)("an API server does not take %s, and the field is named (MCS 30)", (_, fact, message) => {
  expect(exportFault(exportFact(fact))?.message).toBe(message);
});

/** Cluster number `n` exports shop/web, made at that second. */
function exporting(cluster: string, n: number, fact: Partial<ExportFact>): readonly Fact[] {
  return [
    section({ cluster, kind: "cluster" }, { "": clusterFact(rangesOf(n)) }),
    section({ cluster, kind: "export", namespace: "shop" }, { web: exportFact(fact) }),
    { type: "synced", cluster },
  ];
}

test.each(invalid)(
  "an export with %s is refused by itself, older or younger, and nothing of it is merged (MCS 26, 30)",
  (_, bad, message) => {
    const good = worldOf(exporting("a", 1, { createdAt: 1000 }));
    for (const createdAt of [999, 1001]) {
      const both = worldOf(exporting("b", 2, { createdAt, ...bad }), good);
      expect(viewOf(both).import("shop", "web")).toEqual(viewOf(good).import("shop", "web"));
      const { statuses } = both.services.get("shop")!.get("web")!;
      expect(statuses.get("a")).toEqual({ accepted: true, conflicts: [], message: "" });
      expect(statuses.get("b")).toEqual({
        accepted: false,
        reason: "ServiceInvalid",
        conflicts: [],
        message:
          'Service "shop/web" of cluster "b" is one that no API server takes, so no cluster could import it: ' +
          `${message}; correct it there`,
      });
    }
  },
);

test("an export that is corrected is merged, and one that becomes invalid is taken out (MCS 30)", () => {
  const both = worldOf([
    ...exporting("a", 1, { createdAt: 1000 }),
    ...exporting("b", 2, { createdAt: 1001, ports: [port("http", 70_000)] }),
  ]);
  const corrected = worldOf(exporting("b", 2, { createdAt: 1001 }), both);
  expect(
    viewOf(corrected)
      .import("shop", "web")
      ?.exporters.map((it) => it.cluster),
  ).toEqual(["a", "b"]);
  const again = worldOf(exporting("b", 2, { createdAt: 1001, ports: [port("Http", 80)] }), corrected);
  expect(viewOf(again).import("shop", "web")).toEqual(viewOf(both).import("shop", "web"));
  const alone = worldOf([removal({ cluster: "a", kind: "export", namespace: "shop" }, ["web"])], again);
  expect(viewOf(alone).import("shop", "web")).toBeUndefined();
});
