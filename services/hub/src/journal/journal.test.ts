// The journal is bounded, counts what repeats, and a burst of one kind costs no other kind.

import { eventMessageCharsMax, eventsPerKindMax } from "@sealane/core";
import { expect, it } from "vitest";
import { Journal } from "./journal.ts";

const opened = (cluster: string, message = "") =>
  ({ kind: "SessionOpened", cluster, subject: "session", message }) as const;

it("counts what repeats, with its first and last time and its last message", () => {
  let now = 0n;
  const journal = new Journal(() => (now += 10n));
  journal.note(opened("a", "from 192.0.2.1"));
  journal.note(opened("b"));
  journal.note(opened("a", "from 192.0.2.2"));
  expect(journal.after(0)).toEqual([
    { ...opened("b"), sequence: 2, atUnixUs: 20n, firstUnixUs: 20n, count: 1 },
    { ...opened("a", "from 192.0.2.2"), sequence: 3, atUnixUs: 30n, firstUnixUs: 10n, count: 2 },
  ]);
  expect(journal.after(2).map(({ cluster }) => cluster)).toEqual(["a"]);
  expect(journal.after(3)).toEqual([]);
  expect(journal.last).toBe(3);
});

it("tells reasons of one subject apart", () => {
  const journal = new Journal(() => 1n);
  const ended = { kind: "SessionEnded", cluster: "a", subject: "session", message: "" } as const;
  journal.note({ ...ended, reason: "ClusterSilent" });
  journal.note({ ...ended, reason: "SessionFailed" });
  expect(journal.after(0).map(({ reason }) => reason)).toEqual(["ClusterSilent", "SessionFailed"]);
});

it("forgets the oldest of a kind alone, and says that it did", () => {
  const journal = new Journal(() => 1n);
  journal.note({ kind: "ClusterJoined", cluster: "a", subject: "cluster/a", message: "" });
  for (let index = 0; index < eventsPerKindMax; index++) journal.note(opened(`c${index}`));
  expect(journal.hasForgottenSince(1)).toBe(false);
  journal.note(opened("one more"));
  const events = journal.after(0);
  expect(events).toHaveLength(eventsPerKindMax + 1);
  expect(events.slice(0, 2).map(({ cluster }) => cluster)).toEqual(["a", "c1"]);
  expect(journal.hasForgottenSince(1)).toBe(true);
  expect(journal.hasForgottenSince(2)).toBe(false);
});

it("cuts a message that is too long", () => {
  const journal = new Journal(() => 1n);
  journal.note(opened("a", "x".repeat(eventMessageCharsMax + 1)));
  expect(journal.after(0)[0]?.message).toBe(`${"x".repeat(eventMessageCharsMax - 1)}…`);
});
