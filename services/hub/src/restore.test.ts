// After a restart the store is believed; the cache adds what agrees with it, and what does not is asked for again.

import { lookup, nothingDeclared } from "@sealane/core";
import type { Claim } from "@sealane/core";
import type { Section } from "@sealane/wire";
import { expect, it } from "vitest";
import { Clusters } from "./clusters.ts";
import type { Durable } from "./records.ts";
import { restore } from "./restore.ts";
import { clusterFact, exportFact } from "./testing/facts.ts";
import { clusterSections, wholeSection } from "./testing/sections.ts";

const book: readonly Claim[] = clusterFact(1).ranges.map(({ prefix, kind }) => ({
  prefix,
  kind,
  cluster: "a",
}));
const durableOf = (names: readonly string[]): Durable => ({
  book,
  clusters: [
    {
      name: "a",
      epoch: 7n,
      fact: clusterFact(1),
      exports: names.map((name) => ({ namespace: "shop", name, fact: exportFact(1) })),
    },
  ],
  goodFiles: new Map(),
  departures: [],
  marks: [],
});

function restored(durable: Durable, cached: readonly Section[]) {
  const clusters = new Clusters();
  const skipped: string[] = [];
  const world = restore({
    declared: nothingDeclared,
    durable,
    cached,
    clusters,
    onSkipped: ({ kind }) => skipped.push(kind),
  });
  const exported = (name: string) =>
    lookup(world, { kind: "import", origin: "", namespace: "shop" }, name) !== undefined;
  const held = clusters
    .of("a")
    .received.states()
    .map(({ id }) => id.kind);
  return { world, clusters, skipped, exported, held, synced: world.origins.get("a")?.synced };
}

const exportsOf = (...names: readonly string[]): Section =>
  wholeSection(
    "a",
    { kind: "export", namespace: "shop" },
    Object.fromEntries(names.map((name) => [name, exportFact(1)])),
  );
const cachedWith = (exports: Section): readonly Section[] =>
  clusterSections("a", 1).map((section) => (section.id.kind === "export" ? exports : section));

it("knows everything when store and cache agree", () => {
  const { clusters, exported, held, synced, skipped } = restored(durableOf(["web"]), clusterSections("a", 1));
  expect([exported("web"), synced, skipped]).toEqual([true, true, []]);
  expect(held.toSorted()).toEqual(["cluster", "export", "namespace", "node", "path", "reach"]);
  expect(clusters.of("a").epoch).toBe(7n);
});

it("keeps members, claims and exports without a cache, and takes nothing for proven gone", () => {
  const { world, exported, synced, held } = restored(durableOf(["web"]), []);
  expect([exported("web"), synced, held]).toEqual([true, false, []]);
  expect(world.admissions.get("a")?.verdicts.every((it) => it.admitted)).toBe(true);
});

it.each<[string, Durable, readonly Section[]]>([
  ["the cache misses an export that was stored", durableOf(["web", "api"]), cachedWith(exportsOf("web"))],
  [
    "the cache misses the whole shard",
    durableOf(["web", "api"]),
    clusterSections("a", 1).filter(({ id }) => id.kind !== "export"),
  ],
])("drops no stored export when %s", (_, durable, cached) => {
  const { exported, synced, held } = restored(durable, cached);
  expect([exported("web"), exported("api"), synced]).toEqual([true, true, false]);
  expect(held).not.toContain("export");
  expect(held).not.toContain("path");
});

it("believes the store when the cache has an export that was never stored", () => {
  const { exported, held } = restored(durableOf(["web"]), cachedWith(exportsOf("web", "ghost")));
  expect([exported("web"), exported("ghost")]).toEqual([true, false]);
  expect(held).not.toContain("export");
});

it("leaves out a shard whose bytes or sum are broken, and keeps the others", () => {
  const broken = clusterSections("a", 1).map((section) => {
    if (section.id.kind === "node") return { ...section, sum: section.sum + 1n };
    if (section.id.kind !== "reach") return section;
    return {
      ...section,
      entries: section.entries.map((entry) => ({ ...entry, value: new Uint8Array([255]) })),
    };
  });
  const { skipped, held, synced } = restored(durableOf(["web"]), broken);
  expect(skipped.toSorted()).toEqual(["node", "reach"]);
  expect(held).toContain("namespace");
  expect(held).not.toContain("node");
  expect(synced).toBe(false);
});
