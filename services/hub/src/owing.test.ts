// What is news goes at once; a cluster's own words come back a moment later, also when nothing else follows.

import { echoDelayMs } from "@sealane/core";
import type { ShardId } from "@sealane/core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { owing } from "./owing.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const shard = (kind: ShardId["kind"], origin: string): ShardId => ({ kind, origin, namespace: "shop" });

function follow() {
  const noted: string[] = [];
  const send = vi.fn<() => void>();
  const outbox = {
    note: ({ kind, origin }: ShardId, key: string) => noted.push(`${kind} ${origin} ${key}`),
    noteComplete: ({ kind }: ShardId) => noted.push(`${kind} complete`),
  };
  return { noted, send, follower: owing(outbox, "a", send) };
}

it.each([
  { what: "another cluster's pods", id: shard("reach", "b") },
  { what: "a merged service", id: shard("import", "") },
  { what: "a decision about the cluster's own export", id: shard("exportStatus", "a") },
  { what: "a member", id: shard("member", "a") },
])("sends $what at once", ({ id }) => {
  const { follower, send } = follow();
  follower.note(id, "web");
  follower.wake();
  expect(send).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(10 * echoDelayMs);
  expect(send).toHaveBeenCalledTimes(1);
});

it("sends a shard that became whole at once, also the cluster's own", () => {
  const { follower, send } = follow();
  follower.noteComplete(shard("reach", "a"));
  follower.wake();
  expect(send).toHaveBeenCalledTimes(1);
});

it.each([shard("reach", "a"), shard("node", "a")])(
  "sends the cluster's own $kind a moment later, once",
  (id) => {
    const { follower, noted, send } = follow();
    for (const key of ["web", "api"]) {
      follower.note(id, key);
      follower.wake();
    }
    expect(noted).toHaveLength(2);
    expect(send).not.toHaveBeenCalled();
    vi.advanceTimersByTime(echoDelayMs);
    expect(send).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(10 * echoDelayMs);
    expect(send).toHaveBeenCalledTimes(1);
  },
);

it("takes a waiting echo along with news", () => {
  const { follower, send } = follow();
  follower.note(shard("reach", "a"), "web");
  follower.wake();
  follower.note(shard("reach", "b"), "web");
  follower.wake();
  expect(send).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(10 * echoDelayMs);
  expect(send).toHaveBeenCalledTimes(1);
});

it("sends nothing after the session", () => {
  const { follower, send } = follow();
  follower.note(shard("reach", "a"), "web");
  follower.wake();
  follower.stop();
  vi.advanceTimersByTime(10 * echoDelayMs);
  expect(send).not.toHaveBeenCalled();
});
