// A hub that was away for long: what changed meanwhile converges, and nothing else goes on the way.

import { expect, it } from "vitest";
import type { TestAgent } from "./testing/agent.ts";
import { clusterFact, exportFact, reachFact } from "./testing/facts.ts";
import { testHub } from "./testing/hub.ts";
import { pair, sameDoors, until } from "./testing/members.ts";

const removed = (agent: TestAgent) =>
  agent.changes.flatMap(({ id, entries }) =>
    entries.filter(({ value }) => value === undefined).map(({ key }) => `${id.kind} ${id.origin} ${key}`),
  );

it("takes what its agents changed while it was away, and takes nothing from anybody", async () => {
  const { hub, a, b } = await pair();
  await hub.close();
  await until(() => expect([a.errors.length, b.errors.length].every((count) => count > 2)).toBe(true));
  for (const agent of [a, b]) agent.changes.length = 0;
  // Pods turn unready and go, an export comes and one goes, a range grows, a node joins.
  a.say("reach", { namespace: "shop", key: "web/n1" }, reachFact(1, false));
  a.say("export", { namespace: "shop", key: "api" }, { ...exportFact(1), uid: "uid-api" });
  a.say("reach", { namespace: "shop", key: "api/n1" }, reachFact(1));
  a.say("node", { key: "n2" }, { addresses: [], podPrefixes: ["10.1.1.0/24"], ready: true, zone: "" });
  const added = { prefix: "10.201.0.0/16", kind: "pod" as const, source: "test" };
  a.say("cluster", { key: "" }, { ...clusterFact(1), ranges: [...clusterFact(1).ranges, added] });
  b.unsay("export", { namespace: "shop", key: "web" });
  b.unsay("reach", { namespace: "shop", key: "web/n1" });

  await testHub({ data: hub.data, ...sameDoors(hub) });
  await until(() => {
    expect(b.view.import("shop", "web")?.exporters.map(({ cluster }) => cluster)).toEqual(["a"]);
    expect(b.view.import("shop", "api")?.owner).toBe("a");
    expect([...b.view.reach("a", "shop", "web")]).toEqual([["n1", reachFact(1, false)]]);
    expect([...b.view.reach("a", "shop", "api")]).toHaveLength(1);
    expect([...b.view.nodes("a")].map(([name]) => name).toSorted()).toEqual(["n1", "n2"]);
    expect(b.view.member("a")?.ranges).toContainEqual(expect.objectContaining({ ...added, admitted: true }));
    expect([...a.view.reach("b", "shop", "web")]).toEqual([]);
    expect(a.view.import("shop", "web")?.owner).toBe("a");
  });
  expect(removed(a)).toEqual(["reach b web/n1"]);
  expect(new Set(removed(b))).toEqual(new Set(["reach b web/n1", "exportStatus b web"]));
});
