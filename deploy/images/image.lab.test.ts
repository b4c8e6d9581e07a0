// Runs the image's programs from the image's own files, as its own user: nothing of this machine may be needed.

import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { output, run } from "../../test/lab/index.ts";
import { buildSealaneImage } from "./build.ts";

interface Manifest {
  readonly Config: string;
  readonly RepoTags: readonly string[];
  readonly Layers: readonly string[];
}

let folder = "";
let root = "";
let archive = "";
let manifest: Manifest;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sealane-image-"));
  root = join(folder, "root");
  await mkdir(root, { mode: 0o755 });
  ({ archive } = await buildSealaneImage());
  await output(["tar", "--extract", `--file=${archive}`, `--directory=${folder}`]);
  [manifest] = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
  for (const layer of manifest.Layers) {
    await output(["tar", "--extract", `--file=${join(folder, layer)}`, `--directory=${root}`]);
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a command in the image, at its working directory, as its user. */
async function inImage(...command: readonly string[]): Promise<string> {
  const argv = ["chroot", "--userspec=65532:65532", root, "/usr/local/bin/node", "-e", enter, ...command];
  const { status, stdout, stderr } = await run(argv, { env: { PATH: process.env.PATH } });
  return `${status} ${(stdout + stderr).trim()}`;
}

/** What a container runtime does before it starts a command: working directory and environment. */
const enter = `process.chdir("/app");
  const env = { PATH: "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };
  const [program, ...args] = process.argv.slice(1);
  process.exitCode = require("child_process").spawnSync(program, args, { stdio: "inherit", env }).status ?? -1;`;

describe("the archive", () => {
  test("names this version, and a configuration whose layers are those that it holds", async () => {
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, "../../package.json"), "utf8"));
    expect(manifest.RepoTags).toEqual([`sealane:${version}`]);
    const config = JSON.parse(await readFile(join(folder, manifest.Config), "utf8"));
    const digests = await Promise.all(
      manifest.Layers.map(async (layer) => {
        const bytes = await readFile(join(folder, layer));
        return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
      }),
    );
    expect(config.rootfs.diff_ids).toEqual(digests);
    expect(config.config).toMatchObject({ User: "65532:65532", WorkingDir: "/app" });
  });

  test("is the same bytes when it is built again from nothing", async () => {
    const before = createHash("sha256")
      .update(await readFile(archive))
      .digest("hex");
    await rm(archive);
    await buildSealaneImage();
    expect(
      createHash("sha256")
        .update(await readFile(archive))
        .digest("hex"),
    ).toBe(before);
  });
});

describe("the programs", () => {
  test.each([
    ["node", ["node", "--version"], /^0 v24\./],
    ["BIRD", ["bird", "--version"], /^0 BIRD version 2\./],
    ["iproute2", ["ip", "-json", "route", "show"], /^0 /],
  ])("%s runs", async (_, command, want) => {
    expect(await inImage(...command)).toMatch(want);
  });

  test.each([
    "agents/cluster/src/main.ts",
    "agents/speaker/src/main.ts",
    "services/hub/src/main.ts",
    "services/cli/src/main.ts",
  ])("%s starts and explains itself", async (path) => {
    expect(await inImage("node", path, "--help")).toMatch(/^0 (?:.*\n)*Usage: /);
  });

  test("the agent brings the definitions that it installs", async () => {
    const cluster = { server: "https://127.0.0.1:1" };
    const config = {
      clusters: [{ name: "none", cluster }],
      users: [{ name: "nobody", user: {} }],
      contexts: [{ name: "none", context: { cluster: "none", user: "nobody" } }],
      "current-context": "none",
    };
    await writeFile(join(root, "kubeconfig"), JSON.stringify(config));
    const argv = ["node", "agents/cluster/src/main.ts", "definitions", "--kubeconfig=/kubeconfig"];
    const said = await inImage(...argv);
    expect(said).toMatch(
      /^3 clusterproperties\.about\.k8s\.io: .*\nserviceexports\.multi.*\nserviceimports\.multi.*: could not be read: /,
    );
  });

  test("mesh-dns's writer starts, and says that this is no pod", async () => {
    const said = await inImage("node", "agents/cluster/src/dns/writer-main.ts", "--once");
    expect(said).toMatch(/^1 [^]*KUBERNETES_SERVICE_HOST/);
  });
});
