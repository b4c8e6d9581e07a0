// Debian's packages, downloaded and unpacked into the cache, never installed. Machines of the lab see
// them at their standard paths; this machine reaches them through wrappers.

import { existsSync } from "node:fs";
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { output, run } from "../run.ts";
import { fill, keyOf } from "./fill.ts";

/** What the lab's machines have besides this machine's own packages. */
const packages = [
  "bind9-dnsutils",
  "bird2",
  "busybox-static",
  "conntrack",
  "containerd",
  "containernetworking-plugins",
  "iproute2",
  "nftables",
  "runc",
  "socat",
  "tcpdump",
];

/** Programs of the packages that get a wrapper for use on this machine. */
export const debianPrograms = ["bird", "birdc", "dig", "ip", "nft", "socat", "tcpdump"] as const;

/** The folder with the unpacked packages: `usr/` as they lie on a Debian machine, and wrappers in `bin/`. */
export function debianPackages(): Promise<string> {
  return fill({
    name: "debian/bookworm",
    key: keyOf(packages.join(" "), debianPrograms.join(" ")),
    doing: `downloading Debian packages (${packages.join(", ")})`,
    build: async (directory) => {
      const archives = await download();
      const unpacked = join(directory, "unpacked");
      for (const name of await readdir(archives)) {
        if (name.endsWith(".deb")) await output(["dpkg", "-x", join(archives, name), unpacked]);
      }
      await mergeUsr(unpacked, join(directory, "usr"));
      await rm(archives, { recursive: true });
      await rm(unpacked, { recursive: true });
      await writeWrappers(directory);
    },
  });
}

/** The lab's packages and those of their dependencies that this machine lacks, as .deb files. */
async function download(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "sealane-lab-apt-"));
  // apt drops its privileges to this user for the transfer.
  const uid = /^_apt:[^:]*:(\d+):/m.exec(await readFile("/etc/passwd", "utf8"))?.[1];
  if (uid !== undefined) await chown(directory, Number(uid), 0);
  const known = await run(["apt-cache", "show", ...packages]);
  if (known.status !== 0) await output(["apt-get", "update"], { timeoutMs: 300_000 });
  const simulated = await output([
    "apt-get",
    "install",
    "--simulate",
    "--no-install-recommends",
    ...packages,
  ]);
  const needed = [...simulated.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] ?? "");
  const names = [...new Set([...packages, ...needed])];
  const first = await run(["apt-get", "download", ...names], { cwd: directory, timeoutMs: 600_000 });
  if (first.status !== 0) {
    // Lists that are older than the mirror name files that are gone.
    await output(["apt-get", "update"], { timeoutMs: 300_000 });
    await output(["apt-get", "download", ...names], { cwd: directory, timeoutMs: 600_000 });
  }
  return directory;
}

/** Debian 12 has /bin, /sbin and /lib inside /usr; its packages do not all know it yet. */
async function mergeUsr(unpacked: string, usr: string): Promise<void> {
  await cp(join(unpacked, "usr"), usr, { recursive: true, verbatimSymlinks: true });
  for (const name of ["bin", "sbin", "lib", "lib64"]) {
    const from = join(unpacked, name);
    if (existsSync(from)) {
      await cp(from, join(usr, name), { recursive: true, verbatimSymlinks: true, force: true });
    }
  }
  for (const name of ["share/doc", "share/man", "share/locale", "include"]) {
    await rm(join(usr, name), { recursive: true, force: true });
  }
}

async function writeWrappers(directory: string): Promise<void> {
  await mkdir(join(directory, "bin"));
  for (const name of debianPrograms) {
    const folder = ["sbin", "bin"].find((candidate) => existsSync(join(directory, "usr", candidate, name)));
    if (folder === undefined) throw new Error(`Cannot wrap "${name}": no Debian package brought it`);
    const wrapper = join(directory, "bin", name);
    await writeFile(
      wrapper,
      [
        "#!/bin/sh",
        "# Finds the unpacked package beside this file, through any symlink to it.",
        'here=$(dirname "$(readlink -f "$0")")/..',
        'LD_LIBRARY_PATH="$here/usr/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"',
        "export LD_LIBRARY_PATH",
        `exec "$here/usr/${folder}/${name}" "$@"`,
        "",
      ].join("\n"),
    );
    await chmod(wrapper, 0o755);
  }
}
