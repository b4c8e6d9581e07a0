// Makes a docker-archive (what `docker save` writes) of a folder, without a container engine: one layer,
// its config, and a manifest. The same folder gives the same bytes. It decides nothing about content.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { output } from "../run.ts";

/** What an image says about itself; the words are those of the OCI image configuration. */
export interface ImageConfig {
  /** `sealane/agent:0.1.0`. */
  readonly name: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  /** `NAME=value`, in order. */
  readonly environment?: readonly string[];
  readonly workingDirectory?: string;
  /** User, or user and group, by number: `65532:65532`. */
  readonly user?: string;
}

/** File times in images: one constant, so that equal content is equal bytes. */
const epoch = "1970-01-01T00:00:00Z";

/** Writes the archive of the folder `root` to `file`, whole or not at all. */
export async function writeImageArchive(root: string, config: ImageConfig, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const parts = await mkdtemp(`${file}.parts-`);
  try {
    const layer = "layer.tar";
    await packTree(root, join(parts, layer));
    const digest = await sha256(join(parts, layer));
    const configText = imageConfig(config, digest);
    const configName = `${createHash("sha256").update(configText).digest("hex")}.json`;
    await writeFile(join(parts, configName), configText);
    await writeFile(join(parts, "manifest.json"), imageManifest(config, configName, layer));
    const temporary = join(parts, "image.tar");
    await tar(parts, temporary, ["manifest.json", configName, layer]);
    await rename(temporary, file);
  } finally {
    await rm(parts, { recursive: true, force: true });
  }
}

/** The image's configuration file: https://github.com/opencontainers/image-spec/blob/main/config.md */
export function imageConfig(config: ImageConfig, layerDigest: string): string {
  return JSON.stringify({
    architecture: "amd64",
    os: "linux",
    created: epoch,
    config: {
      Entrypoint: config.entrypoint ?? [],
      Cmd: config.command ?? [],
      Env: config.environment ?? ["PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      WorkingDir: config.workingDirectory ?? "/",
      User: config.user ?? "",
    },
    rootfs: { type: "layers", diff_ids: [`sha256:${layerDigest}`] },
    history: [{ created: epoch }],
  });
}

/** The archive's table of contents. */
export function imageManifest(config: ImageConfig, configName: string, layer: string): string {
  return JSON.stringify([{ Config: configName, RepoTags: [config.name], Layers: [layer] }]);
}

async function packTree(root: string, file: string): Promise<void> {
  await tar(root, file, ["."]);
}

async function tar(directory: string, file: string, names: readonly string[]): Promise<void> {
  await output(
    [
      ...["tar", "--create", `--file=${file}`, `--directory=${directory}`],
      ...["--format=gnu", "--sort=name", `--mtime=${epoch}`, "--owner=0", "--group=0", "--numeric-owner"],
      ...names,
    ],
    { timeoutMs: 300_000 },
  );
}

function sha256(file: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const hash = createHash("sha256");
    createReadStream(file)
      .on("data", (chunk) => hash.update(chunk))
      .on("error", reject)
      .on("end", () => resolve(hash.digest("hex")));
  });
}
