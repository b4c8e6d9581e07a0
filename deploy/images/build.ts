// Builds the image `sealane` as a docker-archive without a container engine: Node, BIRD and iproute2 below,
// then the packages, then our code, each layer made anew only when what it is made of has changed.
// The Dockerfile beside it makes the same image where there is an engine and a network.

import { existsSync } from "node:fs";
import { cp, mkdir, readFile, readdir, rename, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { debianPackages } from "../../test/lab/cache/debian.ts";
import { fill, keyOf } from "../../test/lab/cache/fill.ts";
import { addPrograms, packLayer, writeLayeredArchive } from "../../test/lab/image/index.ts";
import type { ImageConfig, Layer } from "../../test/lab/image/index.ts";
import { cacheDirectory, repository } from "../../test/lab/paths.ts";
import { output } from "../../test/lab/run.ts";
import {
  isProgramFile,
  isRuntimeFile,
  productionPackages,
  programFolders,
  workspaceLinks,
} from "./contents.ts";
import type { LockFile } from "./contents.ts";

/** Where our code lies in the image, and where its commands start. */
const home = "app";

/** The user that the image runs as unless told otherwise. */
const user = 65532;

/** An image's archive, and its content's name. */
export interface BuiltImage {
  /** `sealane:0.1.0`. */
  readonly name: string;
  /** Path of the docker-archive. It is replaced, in one step, by the next build of other content. */
  readonly archive: string;
  /** Equal for equal content. */
  readonly key: string;
}

/** Builds what has changed and gives the image. Throws when a program or an installed package is missing. */
export async function buildSealaneImage(): Promise<BuiltImage> {
  const { version } = JSON.parse(await readFile(join(repository, "package.json"), "utf8"));
  const lockText = await readFile(join(repository, "package-lock.json"), "utf8");
  const lock: LockFile = JSON.parse(lockText);
  const layers = [await systemLayer(lock), await packagesLayer(lock, lockText), await codeLayer()];
  const config: ImageConfig = {
    name: `sealane:${version}`,
    command: ["node", "services/hub/src/main.ts"],
    environment: ["PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "NODE_ENV=production"],
    workingDirectory: `/${home}`,
    user: `${user}:${user}`,
  };
  const key = keyOf(JSON.stringify(config), ...layers.map((layer) => layer.digest));
  const archive = join(cacheDirectory, "images/sealane.tar");
  const built = existsSync(archive) ? await readFile(`${archive}.key`, "utf8").catch(() => "") : "";
  if (built !== key) {
    await writeLayeredArchive(layers, config, archive);
    await writeFile(`${archive}.key.new`, key);
    await rename(`${archive}.key.new`, `${archive}.key`);
  }
  return { name: config.name, archive, key };
}

/** Node, the programs that agents run, and the users. */
async function systemLayer(lock: LockFile): Promise<Layer> {
  const debian = await debianPackages();
  const nodeVersion = lock.packages["node_modules/node"]?.version ?? "";
  return layer("system", [debian, nodeVersion], async (root) => {
    const usr = join(debian, "usr");
    await addPrograms(
      root,
      {
        "/usr/local/bin/node": join(repository, "node_modules/node/bin/node"),
        "/usr/sbin/bird": join(usr, "sbin/bird"),
        "/usr/sbin/birdc": join(usr, "sbin/birdc"),
        "/usr/sbin/ip": join(usr, "bin/ip"),
      },
      [join(usr, "lib/x86_64-linux-gnu")],
    );
    await mkdir(join(root, "etc"));
    await writeFile(
      join(root, "etc/passwd"),
      `root:x:0:0:root:/root:/sbin/nologin\nsealane:x:${user}:${user}::/:/sbin/nologin\n`,
    );
    await writeFile(join(root, "etc/group"), `root:x:0:\nsealane:x:${user}:\n`);
    await writeFile(join(root, "etc/nsswitch.conf"), "hosts: files dns\n");
  });
}

/** The packages of the lock file, as they are installed here, and the workspaces' links. */
async function packagesLayer(lock: LockFile, lockText: string): Promise<Layer> {
  return layer("packages", [lockText], async (root) => {
    for (const path of productionPackages(lock)) {
      const from = join(repository, path);
      await cp(from, join(root, home, path), {
        recursive: true,
        filter: (source) => isRuntimeFile(relative(from, source)),
      });
    }
    for (const [path, folder] of workspaceLinks(lock)) {
      const place = join(root, home, path);
      await mkdir(dirname(place), { recursive: true });
      await symlink(relative(dirname(path), folder), place);
    }
  });
}

/** Our own programs. */
async function codeLayer(): Promise<Layer> {
  const paths = (await Promise.all(programFolders.map(filesBelow))).flat().toSorted();
  const programPaths = paths.filter(isProgramFile);
  const texts = await Promise.all(programPaths.map((path) => readFile(join(repository, path), "utf8")));
  return layer("code", [...programPaths, ...texts], async (root) => {
    for (const [at, path] of programPaths.entries()) {
      await mkdir(join(root, home, dirname(path)), { recursive: true });
      await writeFile(join(root, home, path), texts[at] ?? "");
    }
  });
}

/** A layer from the cache, or made by `fillRoot`; the texts are all that its content depends on. */
async function layer(
  name: string,
  texts: readonly string[],
  fillRoot: (root: string) => Promise<void>,
): Promise<Layer> {
  const recipe = await readFile(import.meta.filename, "utf8");
  const directory = await fill({
    name: `images/sealane-${name}`,
    key: keyOf(recipe, ...texts),
    doing: `building the ${name} layer of image sealane`,
    build: async (into) => {
      const root = join(into, "root");
      await mkdir(root);
      await fillRoot(root);
      // Whatever the umask of the checkout: another user than root reads these.
      await output(["chmod", "-R", "u=rwX,go=rX", root]);
      const { digest } = await packLayer(root, join(into, "layer.tar"));
      await writeFile(join(into, "digest"), digest);
      await output(["rm", "-r", root]);
    },
  });
  return { file: join(directory, "layer.tar"), digest: await readFile(join(directory, "digest"), "utf8") };
}

/** Files below a folder of the checkout, packages apart, as paths from the checkout's root. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(join(repository, folder), { withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter((entry) => entry.name !== "node_modules")
      .map(async (entry) => {
        const path = `${folder}/${entry.name}`;
        return entry.isDirectory() ? filesBelow(path) : [path];
      }),
  );
  return found.flat();
}

if (import.meta.main) {
  const { name, archive } = await buildSealaneImage();
  console.log(`${name}: ${archive}`);
}
