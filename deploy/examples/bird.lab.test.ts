// The operator's example is what BIRD accepts, with the first include that its comment gives.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { debianPackages } from "../../test/lab/cache/debian.ts";
import { run } from "../../test/lab/index.ts";

test("BIRD accepts bird.conf", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sealane-bird-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const text = await readFile(join(import.meta.dirname, "bird.conf"), "utf8");
  const first = [...text.matchAll(/^# {3}(function .*)$/gm)].map((line) => line[1]);
  expect(first).toHaveLength(2);
  const include = join(folder, "sealane.conf");
  await writeFile(include, first.join("\n"));
  const file = join(folder, "bird.conf");
  await writeFile(file, text.replace("/var/lib/sealane/bird/sealane.conf", include));
  const bird = join(await debianPackages(), "bin/bird");
  expect(await run([bird, "-p", "-c", file])).toMatchObject({ status: 0, stderr: "" });
});
