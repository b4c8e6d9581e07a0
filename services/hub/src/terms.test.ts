// A name is spoken for by one incarnation and its newest leader, over restarts, until a person's new token says otherwise.

import { expect, it } from "vitest";
import { ClusterState } from "./clusters.ts";
import { loadDurable } from "./records.ts";
import { memoryDisk, openMemoryStore } from "./store/memory.ts";
import { enterTerm } from "./terms.ts";
import type { Speaks } from "./terms.ts";

const startedUnixUs = 1_763_733_600_000_000;

/** The cluster after these have spoken, as the store has it. */
async function after(...spoken: readonly Speaks[]) {
  const store = openMemoryStore(memoryDisk());
  for (const [at, speaks] of spoken.entries()) {
    const [durable] = (await loadDurable(store)).clusters;
    const cluster = new ClusterState("a");
    cluster.epoch = durable?.epoch ?? 0n;
    cluster.incarnation = durable?.incarnation;
    await enterTerm(store, cluster, speaks, startedUnixUs + at);
  }
  const [durable] = (await loadDurable(store)).clusters;
  return { epoch: durable?.epoch, incarnation: durable?.incarnation };
}

const first: Speaks = { epoch: 5n, incarnation: "one", tokenUnixUs: 100 };

it.each<readonly [what: string, next: Speaks, want: RegExp]>([
  [
    "another incarnation with the same token",
    { epoch: 9n, incarnation: "two", tokenUnixUs: 100 },
    /Another cluster speaks as "a" since 2025-11-21T14:00:00\.000Z: its incarnation is "one", and this one's is "two".*sealane token create a/,
  ],
  [
    "another incarnation with an older token",
    { epoch: 9n, incarnation: "two", tokenUnixUs: 99 },
    /Another cluster speaks as "a"/,
  ],
  [
    "another incarnation whose token is unknown",
    { epoch: 9n, incarnation: "two", tokenUnixUs: 0 },
    /Another cluster speaks as "a"/,
  ],
  ["an older leader", { ...first, epoch: 4n }, /later epoch 5 speaks for cluster "a"; this one has 4/],
  [
    "an older leader of another incarnation",
    { epoch: 4n, incarnation: "two", tokenUnixUs: 101 },
    /later epoch 5/,
  ],
])("refuses %s", async (_, next, want) => {
  await expect(after(first, next)).rejects.toThrow(want);
});

it("lets a newer token replace the incarnation, and then refuses the first", async () => {
  const second = { epoch: 6n, incarnation: "two", tokenUnixUs: 101 };
  expect(await after(first, second)).toEqual({
    epoch: 6n,
    incarnation: { id: "two", tokenUnixUs: 101, sinceUnixUs: startedUnixUs + 1 },
  });
  await expect(after(first, second, { ...first, epoch: 7n })).rejects.toThrow(/its incarnation is "two"/);
});

it("remembers the newest token of an incarnation that joined again", async () => {
  const again = { ...first, epoch: 6n, tokenUnixUs: 200 };
  await expect(after(first, again, { epoch: 7n, incarnation: "two", tokenUnixUs: 150 })).rejects.toThrow(
    /Another cluster speaks as "a"/,
  );
});

it("does not compare what is not said", async () => {
  expect(await after(first, { ...first, epoch: 6n, incarnation: "" })).toMatchObject({
    epoch: 6n,
    incarnation: { id: "one" },
  });
});
