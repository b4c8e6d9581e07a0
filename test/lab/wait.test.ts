// Waiting: it ends with the value, at the deadline, or at once when it is in vain.

import { expect, test } from "vitest";
import { isGoNewEnough } from "./requirements.ts";
import { Hopeless, waitFor, waitUntil } from "./wait.ts";

test("gives the first value that is there, past errors and absences", async () => {
  const answers = [undefined, new Error("refused"), "ready"];
  const seen = await waitFor({ what: "x", timeoutMs: 5000, intervalMs: 1 }, () => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  });
  expect(seen).toBe("ready");
});

test("names what it waited for, and the last error, when the deadline passes", async () => {
  const waiting = waitUntil({ what: "etcd to answer", timeoutMs: 20, intervalMs: 5 }, () => {
    throw new Error("refused");
  });
  await expect(waiting).rejects.toMatchObject({
    message: expect.stringContaining("for etcd to answer in vain") as string,
    cause: { message: "refused" },
  });
});

test("ends at once when a look says that waiting is in vain", async () => {
  let looks = 0;
  const waiting = waitUntil({ what: "x", timeoutMs: 60_000, intervalMs: 1 }, () => {
    looks++;
    throw new Hopeless("it died");
  });
  await expect(waiting).rejects.toThrow("it died");
  expect(looks).toBe(1);
});

test.each([
  ["go1.26.8\n", true],
  ["go1.27rc1", true],
  ["go2.0", true],
  ["go1.25.9", false],
  ["", false],
])("judges the Go version %j", (version, want) => {
  expect(isGoNewEnough(version)).toBe(want);
});
