// What a lab would leave behind, looked for without any of the lab's own bookkeeping.

import { readFile, readdir, readlink } from "node:fs/promises";

/** Links, mounts, control groups, and processes in other network namespaces that bear the lab's marks; empty when all is gone. */
export async function labRemains(): Promise<readonly string[]> {
  const links = (await readdir("/sys/class/net")).filter((name) => name.includes("sealane"));
  const mounts = (await readFile("/proc/mounts", "utf8"))
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((path) => path.includes("sealane-lab/state"));
  const hierarchies = await readdir("/sys/fs/cgroup");
  const groups = await Promise.all(
    hierarchies.map(async (name) =>
      (await exists(`/sys/fs/cgroup/${name}/sealane-lab`)) ? `group ${name}` : [],
    ),
  );
  return [
    ...links.map((name) => `link ${name}`),
    ...mounts.map((path) => `mount ${path}`),
    ...groups.flat(),
    ...(await strayProcesses()),
  ];
}

const daemons = /^(kube-|kubelet|containerd|bird|etcd|coredns)/;

/** Daemons such as the lab runs that live in another network namespace than this process. */
async function strayProcesses(): Promise<string[]> {
  const own = await readlink("/proc/self/ns/net");
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const name = (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")).trim();
      const namespace = await readlink(`/proc/${pid}/ns/net`).catch(() => own);
      return daemons.test(name) && namespace !== own ? `process ${pid} ${name}` : [];
    }),
  );
  return found.flat();
}

async function exists(path: string): Promise<boolean> {
  return readdir(path).then(
    () => true,
    () => false,
  );
}
