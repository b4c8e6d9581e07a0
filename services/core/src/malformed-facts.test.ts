// Texts that are no address, prefix or name, in facts of an agent that is broken: they are taken, nothing is made of
// them, and what is published of others stays as it is.

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  clusterFact,
  exportFact,
  healthy,
  nodeFact,
  pod,
  reachFact,
  section,
  worldOf,
} from "../testing/mk.ts";
import { publishedEntries } from "../testing/published.ts";
import { localiseImports, localiseNames, localiseRoutes, localiseSlices, viewOf } from "./index.ts";
import type { Fact, World } from "./index.ts";

const cluster = "m";

const anyText = fc.oneof(
  fc.constantFrom(
    "",
    "nonsense",
    "10.9.0.0/33",
    "10.9.0.1/16",
    "10.09.0.1",
    "fd00::1%eth0",
    "::/0",
    "0.0.0.0/0",
  ),
  fc.constantFrom("10.9.0.7", "10.9.0.0/16", "FD00:9::/64", "fd00:9:0::7"),
  fc.string(),
);
const anyTexts = fc.array(anyText, { maxLength: 3 });

const anyFacts: fc.Arbitrary<readonly Fact[]> = fc
  .record({
    ranges: fc.array(
      fc.record({ prefix: anyText, kind: fc.constantFrom("pod", "service", "node"), source: anyText }),
      { maxLength: 3 },
    ),
    texts: anyTexts,
    text: anyText,
  })
  .map(({ ranges, texts, text }) => [
    section(
      { cluster, kind: "cluster" },
      { "": clusterFact(ranges, { dnsAddresses: texts, incarnation: text }) },
    ),
    section({ cluster, kind: "namespace" }, { shop: {} }),
    section(
      { cluster, kind: "node" },
      { m1: nodeFact(9, 1, { addresses: texts, podPrefixes: texts, zone: text }) },
    ),
    section(
      { cluster, kind: "export", namespace: "shop" },
      {
        web: exportFact({
          clusterAddresses: texts,
          ipFamilies: texts,
          internalTrafficPolicy: text,
          sessionAffinity: text,
          ports: [{ name: text, protocol: "TCP", port: 80, appProtocol: text }],
        }),
      },
    ),
    section(
      { cluster, kind: "reach", namespace: "shop" },
      { "web/m1": reachFact([pod(texts, { hostname: text, pod: text })], { zone: text }) },
    ),
    { type: "synced", cluster },
  ]);

const others = worldOf([...healthy("a", 1), ...healthy("b", 2)]);

/** Everything published that is not of the broken cluster alone. */
function ofOthers(world: World): ReadonlyMap<string, string> {
  const entries = [...publishedEntries(world)];
  return new Map(entries.filter(([key]) => !key.includes(`|${cluster}|`) && !key.endsWith(` ${cluster}`)));
}

test("facts of nonsense throw nowhere, and change nothing that is published of others", () => {
  const before = ofOthers(others);
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const world = worldOf(facts, others);
      expect(ofOthers(world)).toEqual(before);
      const view = viewOf(world);
      for (const importer of ["a", cluster]) {
        localiseRoutes(view, { cluster: importer, node: `${importer}1`, onLink: undefined }, undefined);
        localiseNames(view, importer);
        localiseSlices(view, "shop", "web", importer);
        localiseImports(view, new Set(["shop"]));
      }
    }),
    { numRuns: 300 },
  );
});
