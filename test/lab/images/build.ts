// Builds the images that every node has, as archives in the cache: pause, CoreDNS, tools.

import { readFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fill, keyOf } from "../cache/fill.ts";
import type { Programs } from "../cache/machine-usr.ts";
import { addPrograms, writeImageArchive } from "../image/index.ts";
import type { ImageConfig } from "../image/index.ts";
import { output } from "../run.ts";
import { imageNames } from "./names.ts";

/** A folder with `pause.tar`, `coredns.tar` and `tools.tar`. */
export async function labImages(programs: Programs): Promise<string> {
  const recipe = await Promise.all(
    [import.meta.filename, join(import.meta.dirname, "../image/archive.ts")].map((path) =>
      readFile(path, "utf8"),
    ),
  );
  return fill({
    name: "images/lab",
    key: keyOf(...recipe, programs.usr, JSON.stringify(imageNames)),
    doing: "building the lab's images",
    build: async (directory) => {
      await buildImage(directory, "pause", { name: imageNames.pause, entrypoint: ["/pause"] }, (root) =>
        addPrograms(root, { "/pause": goProgramPath(programs, "pause") }),
      );
      await buildImage(directory, "coredns", { name: imageNames.coredns, entrypoint: ["/coredns"] }, (root) =>
        addPrograms(root, { "/coredns": goProgramPath(programs, "coredns") }),
      );
      await buildImage(
        directory,
        "tools",
        { name: imageNames.tools, command: ["/usr/bin/respond"] },
        (root) => fillTools(root, programs),
      );
    },
  });
}

async function buildImage(
  directory: string,
  file: string,
  config: ImageConfig,
  fillRoot: (root: string) => Promise<void>,
): Promise<void> {
  const root = await mkdtemp(join(directory, "root-"));
  await mkdir(join(root, "tmp"), { mode: 0o1777 });
  await fillRoot(root);
  await writeImageArchive(root, config, join(directory, `${file}.tar`));
  await rm(root, { recursive: true });
}

async function fillTools(root: string, programs: Programs): Promise<void> {
  const usr = join(programs.debian, "usr");
  await addPrograms(
    root,
    {
      "/usr/bin/busybox": join(usr, "bin/busybox"),
      "/usr/bin/socat": join(usr, "bin/socat"),
      "/usr/bin/dig": join(usr, "bin/dig"),
      "/usr/bin/nslookup": join(usr, "bin/nslookup"),
      ...Object.fromEntries(
        ["respond", "fetch", "load", "hold"].map((name) => [
          `/usr/bin/${name}`,
          goProgramPath(programs, name),
        ]),
      ),
    },
    [join(usr, "lib/x86_64-linux-gnu")],
  );
  const applets = await output([join(usr, "bin/busybox"), "--list"]);
  for (const applet of applets.split("\n").filter((name) => name !== "" && name !== "nslookup")) {
    await symlink("busybox", join(root, "usr/bin", applet)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
  await symlink("usr/bin", join(root, "bin"));
  await mkdir(join(root, "etc"));
  await writeFile(
    join(root, "etc/passwd"),
    "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n",
  );
  await writeFile(join(root, "etc/group"), "root:x:0:\nnogroup:x:65534:\n");
  await writeFile(join(root, "etc/nsswitch.conf"), "hosts: files dns\n");
}

function goProgramPath(programs: Programs, name: string): string {
  const path = programs.go.get(name);
  if (path === undefined) throw new Error(`Cannot build an image: the lab has no Go program "${name}"`);
  return path;
}
