import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { IpBatch } from "./ip-batch.ts";

let folder = "";
let batch: IpBatch | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sealane-ip-batch-"));
});

afterEach(async () => {
  batch?.close();
  await rm(folder, { recursive: true });
});

/** Something that reads questions as `ip -batch -` does and runs `body` for each, the question in `$question`. */
async function open(body: string, deadlineMs = 2_000): Promise<IpBatch> {
  const program = join(folder, "ip");
  await writeFile(program, `#!/bin/sh\nwhile read -r question; do\n${body}\ndone\n`);
  await chmod(program, 0o755);
  batch = new IpBatch({ program, options: ["-4"], deadlineMs });
  return batch;
}

describe("one ip process for many questions", () => {
  it("answers each question with its own line, in order", async () => {
    const ip = await open(`echo "[\\"$question\\"]"`);
    expect(await Promise.all(["one", "two", "three"].map((each) => ip.ask(each)))).toEqual([
      ["one"],
      ["two"],
      ["three"],
    ]);
  });

  it("says what failed, and works again with a new process", async () => {
    const ip = await open(`case "$question" in bad) echo "no such table" >&2; exit 1;; *) echo "[]";; esac`);
    await expect(ip.ask("bad")).rejects.toThrow(/"ip bad" failed.*no such table/);
    expect(await ip.ask("good")).toEqual([]);
  });

  it("ends a process that does not answer in time", async () => {
    const ip = await open(`[ "$question" = slow ] && exec tail -f /dev/null; echo "[]"`, 300);
    await expect(ip.ask("slow")).rejects.toThrow(/no answer within 300 ms/);
    expect(await ip.ask("quick")).toEqual([]);
  });

  it("does not keep its process alive when nothing is asked", async () => {
    const ip = await open(`echo "[]"`);
    await ip.ask("anything");
    const source = `
      import { IpBatch } from ${JSON.stringify(join(import.meta.dirname, "ip-batch.ts"))};
      await new IpBatch({ program: ${JSON.stringify(join(folder, "ip"))}, options: [], deadlineMs: 2000 }).ask("x");
      console.log("asked");`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", source], {
      timeout: 10_000,
    });
    expect(stdout).toBe("asked\n");
  });

  it("rejects what is no list", async () => {
    const ip = await open(`echo "{}"`);
    await expect(ip.ask("anything")).rejects.toThrow(/did not answer with a list/);
  });
});
