// Makes a docker-archive (what `docker save` writes) of folders, without a container engine: layers, their
// config, and a manifest. The same folders give the same bytes. It decides nothing about content.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, link, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
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

/** A layer: a tar of what it adds to those below it. */
export interface Layer {
  readonly file: string;
  /** SHA-256 of the tar, hexadecimal. */
  readonly digest: string;
}

/** Writes the archive of the folder `root` to `file`, whole or not at all. */
export async function writeImageArchive(root: string, config: ImageConfig, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const parts = await mkdtemp(`${file}.parts-`);
  try {
    await writeLayeredArchive([await packLayer(root, join(parts, "layer.tar"))], config, file);
  } finally {
    await rm(parts, { recursive: true, force: true });
  }
}

/** Packs the folder `root` as a layer in `file`. */
export async function packLayer(root: string, file: string): Promise<Layer> {
  await tar(root, file, ["."]);
  return { file, digest: await sha256(file) };
}

/** Writes the archive of an image of these layers, lowest first, to `file`, whole or not at all. */
export async function writeLayeredArchive(
  layers: readonly Layer[],
  config: ImageConfig,
  file: string,
): Promise<void> {
  const parts = await mkdtemp(`${file}.parts-`);
  try {
    const names = layers.map((layer) => `${layer.digest}.tar`);
    for (const [at, name] of names.entries()) await linkLayer(layers[at]?.file ?? "", join(parts, name));
    const configText = imageConfig(
      config,
      layers.map((layer) => layer.digest),
    );
    const configName = `${createHash("sha256").update(configText).digest("hex")}.json`;
    await writeFile(join(parts, configName), configText);
    await writeFile(join(parts, "manifest.json"), imageManifest(config, configName, names));
    const temporary = join(parts, "image.tar");
    await tar(parts, temporary, ["manifest.json", configName, ...names]);
    await rename(temporary, file);
  } finally {
    await rm(parts, { recursive: true, force: true });
  }
}

/** The image's configuration file: https://github.com/opencontainers/image-spec/blob/main/config.md */
function imageConfig(config: ImageConfig, layerDigests: readonly string[]): string {
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
    rootfs: { type: "layers", diff_ids: layerDigests.map((digest) => `sha256:${digest}`) },
    history: layerDigests.map(() => ({ created: epoch })),
  });
}

/** The archive's table of contents. */
function imageManifest(config: ImageConfig, configName: string, layers: readonly string[]): string {
  return JSON.stringify([{ Config: configName, RepoTags: [config.name], Layers: layers }]);
}

/** Layers and archives are large and lie in one file system: a link is enough. */
async function linkLayer(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to));
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
