// A cluster that leaves: for the others it has nothing from the first word on, known to its end; it holds its ranges
// until it has left, and hears that it leaves.

import { expect, test } from "vitest";
import { healthy, section, worldOf, clusterFact, range } from "../testing/mk.ts";
import { publishedText } from "../testing/published.ts";
import {
  completeness,
  keysOf,
  localiseRoutes,
  lookup,
  restoreWorld,
  shardIds,
  storedWorld,
  viewOf,
} from "./index.ts";
import type { Departure, Fact } from "./index.ts";

const both = [...healthy("a", 1), ...healthy("b", 2)];
const depart = (departure: Departure): Fact => ({ type: "depart", cluster: "b", departure });
const members = { kind: "member", origin: "", namespace: "" } as const;
const leaving = worldOf([...both, depart("withdrawing")]);

test("nothing of it is published but that it leaves, and that is known to its end", () => {
  const ids = shardIds(leaving).filter(({ origin, kind }) => origin === "b" && kind !== "exportStatus");
  expect(ids.length).toBeGreaterThan(1);
  for (const id of ids)
    expect([id.kind, keysOf(leaving, id), completeness(leaving, id)]).toEqual([id.kind, [], true]);
  expect(lookup(leaving, { kind: "stub", origin: "", namespace: "" }, "b")).toBeUndefined();
  expect(
    viewOf(leaving)
      .import("shop", "web")
      ?.exporters.map(({ cluster }) => cluster),
  ).toEqual(["a"]);
  expect(lookup(leaving, members, "b")).toMatchObject({ departure: "withdrawing" });
  expect(viewOf(leaving).exportStatus("b", "shop", "web")).toMatchObject({
    accepted: false,
    reason: "ClusterLeaving",
  });
});

test("the others take away every route to it, and it keeps those to them", () => {
  const before = (cluster: string, node: string) =>
    localiseRoutes(viewOf(worldOf(both)), { cluster, node, onLink: undefined }, undefined);
  const after = (cluster: string, node: string) =>
    localiseRoutes(viewOf(leaving), { cluster, node, onLink: undefined }, before(cluster, node));
  expect(after("a", "a1").install).toEqual([]);
  expect(after("b", "b1").install).toEqual(before("b", "b1").install);
});

test("its ranges are its own until it has left", () => {
  const newcomer = section(
    { cluster: "c", kind: "cluster" },
    { "": clusterFact([range("pod", "10.2.0.0/16")]) },
  );
  const met = worldOf([newcomer], leaving);
  expect(met.admissions.get("c")?.verdicts[0]).toMatchObject({ admitted: false, owner: "b" });
});

test("nobody waits for its word, and what it says changes nothing for the others", () => {
  const silent = worldOf([
    ...healthy("a", 1),
    section({ cluster: "b", kind: "node" }, {}),
    depart("withdrawing"),
  ]);
  expect(silent.pending.size).toBe(0);
  const others = (text: string) => text.split("\n").filter((line) => !line.startsWith("member||"));
  const talking = worldOf(healthy("b", 2), silent);
  expect(others(publishedText(talking)).filter((line) => line.startsWith("node|b|"))).toEqual([
    "node|b| whole",
  ]);
});

test("it goes on after a restart, to the end", () => {
  const restored = restoreWorld(leaving.declared, storedWorld(leaving));
  expect(lookup(restored, members, "b")).toMatchObject({ departure: "withdrawing" });
  expect(completeness(restored, { kind: "node", origin: "b", namespace: "" })).toBe(true);
  const left = worldOf([depart("dismissed"), { type: "forget", cluster: "b" }], leaving);
  expect(publishedText(left)).toBe(publishedText(worldOf(healthy("a", 1))));
  expect([left.leaving.size, [...left.left]]).toEqual([0, ["b"]]);
  expect(worldOf([depart("withdrawing")], left)).toBe(left);
});

test("said twice is said once", () => {
  expect(worldOf([depart("withdrawing")], leaving)).toBe(leaving);
});
