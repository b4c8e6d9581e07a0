// Where the lab keeps things: `.lab` in the checkout for people, the cache outside it for the rest.
// It names paths and makes none.

import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The checkout. */
export const repository = resolve(import.meta.dirname, "../..");

/** The lab's own folder in the checkout: kubeconfigs, programs, logs. */
export const labDirectory = join(repository, ".lab");

/** Built programs, unpacked packages and images, kept between labs; `SEALANE_LAB_CACHE` moves it. */
export const cacheDirectory = resolve(
  process.env.SEALANE_LAB_CACHE ?? join(homedir(), ".cache", "sealane-lab"),
);

/**
 * What a running lab writes, one folder a machine. It is beside the cache, not in the checkout: images
 * unpack hard-linked from the cache, and tools that walk the checkout must not meet container files.
 */
export const stateDirectory = join(cacheDirectory, "state");

/** Programs for people and tests: kubectl, bird, birdc, nft, dig, etcd, kube-apiserver, ... */
export const binDirectory = join(labDirectory, "bin");

/** What Sealane's administrator of the lab has: the command line's configuration, the manifests as applied. */
export const sealaneDirectory = join(labDirectory, "sealane");

/** One folder a machine, one file a daemon. */
export const logDirectory = join(labDirectory, "logs");

/** A machine's own files: `etc` and `var` are its /etc and /var. */
export function machineState(machine: string): string {
  return join(stateDirectory, machine);
}

/** The kubeconfig of one cluster, or of all of them when none is named. */
export function kubeconfigPath(cluster?: string): string {
  return join(labDirectory, cluster === undefined ? "kubeconfig" : `${cluster}.kubeconfig`);
}
