// Freed ranges at a running hub: a newcomer waits for everybody who may still use one, also over a restart, and is
// admitted by itself.

import { expect, it } from "vitest";
import type { TestAgent } from "./testing/agent.ts";
import { clusterFact } from "./testing/facts.ts";
import { testHub } from "./testing/hub.ts";
import { agentOf, pair, sameDoors, until } from "./testing/members.ts";

const freedRange = { prefix: "10.1.0.0/16", kind: "pod", source: "test" } as const;

/** What cluster `a` says once it uses its pod range no more. */
const smaller = { ...clusterFact(1), ranges: clusterFact(1).ranges.slice(1) };
/** What cluster `c` says: it wants the range. */
const wishing = { ...clusterFact(3), ranges: [freedRange, ...clusterFact(3).ranges.slice(1)] };

const verdictAt = (agent: TestAgent) =>
  agent.view.member("c")?.ranges.find(({ prefix }) => prefix === freedRange.prefix);

it("admits the newcomer when all members hold that the range is gone", async () => {
  const { hub, a, b } = await pair();
  const c = await agentOf(hub, "c");
  c.say("cluster", { key: "" }, wishing);
  c.completeAll();
  await until(() => expect(verdictAt(c)).toMatchObject({ reason: "RangeOverlap", owner: "a" }));
  a.say("cluster", { key: "" }, smaller);
  await until(() => expect(verdictAt(c)).toMatchObject({ admitted: true }));
  expect(verdictAt(b)).toBeDefined();
  const quarantines = hub.log.filter((line) => line["msg"] === "range quarantined");
  expect(quarantines.map((line) => line["reason"])).toEqual(["RangeOverlap", "RangeReleasing"]);
});

it("waits for a silent member over a restart of the hub, and the owner may take the range back", async () => {
  const { hub, a, b } = await pair();
  const c = await agentOf(hub, "c");
  b.client.close();
  a.say("cluster", { key: "" }, smaller);
  c.say("cluster", { key: "" }, wishing);
  c.completeAll();
  const waits = { admitted: false, reason: "RangeReleasing", owner: "a", ownerPrefix: "10.1.0.0/16" };
  await until(() => expect(verdictAt(c)).toMatchObject(waits));
  await hub.close();
  const again = await testHub({ data: hub.data, ...sameDoors(hub) });
  await until(() => expect([a.connected, c.connected]).toEqual([true, true]));
  const rangeOf = async (cluster: string) =>
    (await again.admin.listRanges({ cluster })).ranges.find(({ range }) => range?.prefix === "10.1.0.0/16");
  expect((await rangeOf("c"))?.range).toMatchObject({ admitted: false, reason: "RangeReleasing" });

  // The owner has it again at once; then lets it go for good.
  a.say("cluster", { key: "" }, clusterFact(1));
  await until(() => expect(verdictAt(c)).toMatchObject({ reason: "RangeOverlap" }));
  expect((await rangeOf("a"))?.range).toMatchObject({ admitted: true });
  a.say("cluster", { key: "" }, smaller);
  await until(() => expect(verdictAt(c)).toMatchObject(waits));

  const { cluster, epoch } = b;
  const back = await agentOf(again, cluster, { epoch: epoch + 1n, before: b });
  await until(() => expect(verdictAt(c)).toMatchObject({ admitted: true }));
  expect(back.view.member("a")?.ranges.map(({ prefix }) => prefix)).not.toContain("10.1.0.0/16");
});
