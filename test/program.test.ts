// How the repository's tasks run programs: output, faults, and that nothing outlives them.

import { expect, test } from "vitest";
import { runProgram } from "./program.ts";

const never = new AbortController().signal;

/** Whether a process is there and not just waiting to be reaped. */
async function lives(pid: number): Promise<boolean> {
  const { output } = await runProgram(["ps", "-o", "stat=", "-p", String(pid)], {
    output: "keep",
    timeoutMs: 5_000,
    signal: never,
  });
  return output.trim() !== "" && !output.trim().startsWith("Z");
}

test("output of both streams and the status come back", async () => {
  const ended = await runProgram(["sh", "-c", "echo out; echo err >&2; exit 3"], {
    output: "keep",
    timeoutMs: 10_000,
    signal: never,
  });
  expect(ended).toMatchObject({ status: 3, fault: "" });
  expect(ended.output.split("\n").toSorted()).toEqual(["", "err", "out"]);
});

test("programs of node_modules come first", async () => {
  const ended = await runProgram(["node", "--version"], { output: "keep", timeoutMs: 10_000, signal: never });
  expect(ended.output).toMatch(/^v24\./);
});

test("a program that cannot start is a fault, not an exception", async () => {
  const ended = await runProgram(["no-such-program"], { output: "keep", timeoutMs: 10_000, signal: never });
  expect(ended).toMatchObject({
    status: undefined,
    fault: expect.stringContaining('Cannot start "no-such-program"'),
  });
});

test("the deadline ends a program and all that it started", async () => {
  const line = "trap 'exit 9' INT; sleep 60 & echo $!; wait";
  const ended = await runProgram(["bash", "-c", line], { output: "keep", timeoutMs: 500, signal: never });
  expect(ended.fault).toBe("did not end within 0.5 s");
  expect(await lives(Number(ended.output.trim()))).toBe(false);
});

test("an interruption ends it early", async () => {
  const controller = new AbortController();
  const running = runProgram(["sleep", "60"], {
    output: "keep",
    timeoutMs: 60_000,
    signal: controller.signal,
  });
  controller.abort();
  expect(await running).toMatchObject({ status: undefined, fault: "was interrupted" });
});
