// An image archive made without an engine: equal folders give equal bytes, the manifest leads to what is
// there, and a program without its libraries is refused.

import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { output } from "../run.ts";
import { writeImageArchive } from "./archive.ts";
import { parseLdd } from "./libraries.ts";

let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sealane-image-"));
});

afterAll(() => rm(directory, { recursive: true }));

describe("writeImageArchive", () => {
  test("gives the same bytes for the same content, whenever it was written", async () => {
    const first = await makeRoot("first", "hello");
    const second = await makeRoot("second", "hello");
    await utimes(join(second, "etc/greeting"), 1, 1);
    const config = { name: "lab/test:1", entrypoint: ["/bin/true"] };
    await writeImageArchive(first, config, join(directory, "first.tar"));
    await writeImageArchive(second, config, join(directory, "second.tar"));
    expect(await digest("first.tar")).toBe(await digest("second.tar"));
    const other = await makeRoot("other", "goodbye");
    await writeImageArchive(other, config, join(directory, "other.tar"));
    expect(await digest("other.tar")).not.toBe(await digest("first.tar"));
  });

  test("names in its manifest a config and layers that are there and hash to what the config says", async () => {
    const root = await makeRoot("whole", "hello");
    const file = join(directory, "whole.tar");
    await writeImageArchive(root, { name: "lab/test:1", command: ["/bin/sh"], user: "65532:65532" }, file);
    const unpacked = join(directory, "unpacked");
    await mkdir(unpacked);
    await output(["tar", "-xf", file, "-C", unpacked]);
    const [image] = await readJson<readonly { Config: string; RepoTags: string[]; Layers: string[] }[]>(
      join(unpacked, "manifest.json"),
    );
    expect(image?.RepoTags).toEqual(["lab/test:1"]);
    const config = await readJson<{ config: object; rootfs: { diff_ids: string[] } }>(
      join(unpacked, image?.Config ?? ""),
    );
    expect(config.config).toMatchObject({ Cmd: ["/bin/sh"], User: "65532:65532", WorkingDir: "/" });
    const layers = await Promise.all(
      (image?.Layers ?? []).map(async (layer) => `sha256:${await digest(join("unpacked", layer))}`),
    );
    expect(layers).toHaveLength(1);
    expect(config.rootfs.diff_ids).toEqual(layers);
    const listing = await output(["tar", "-tvf", join(unpacked, image?.Layers[0] ?? "")]);
    expect(listing).toMatch(/lrwx.*0\/0 .* \.\/bin -> usr\/bin/);
  });
});

describe("parseLdd", () => {
  test("takes libraries and loader, and not the kernel's", () => {
    const text = [
      "\tlinux-vdso.so.1 (0x00007ffd4a5c9000)",
      "\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f0d5a000000)",
      "\t/lib64/ld-linux-x86-64.so.2 (0x00007f0d5a3c1000)",
    ].join("\n");
    expect(parseLdd("dig", text)).toEqual(["/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"]);
  });

  test("takes nothing for a static program", () => {
    expect(parseLdd("busybox", "\tnot a dynamic executable\n")).toEqual([]);
  });

  test("names a library that is missing", () => {
    expect(() => parseLdd("dig", "\tlibuv.so.1 => not found\n")).toThrow('no library "libuv.so.1"');
  });
});

async function makeRoot(name: string, greeting: string): Promise<string> {
  const root = join(directory, name);
  await mkdir(join(root, "etc"), { recursive: true });
  await mkdir(join(root, "usr/bin"), { recursive: true });
  await symlink("usr/bin", join(root, "bin"));
  await writeFile(join(root, "etc/greeting"), greeting);
  return root;
}

async function digest(file: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(join(directory, file)))
    .digest("hex");
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, "utf8")) as T;
}
