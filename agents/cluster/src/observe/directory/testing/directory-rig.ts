// The observer's rig on a directory in which one file cannot be read at first. For tests.

import { siteFolders } from "../../../directory/testing/folders.ts";
import type { ObserverRig } from "../../testing/observer-contract.ts";
import { Manifests } from "../manifests.ts";

const broken = "broken.yaml";

/** The rig. */
export async function directoryRig(): Promise<ObserverRig> {
  const folders = await siteFolders();
  await folders.writeManifest(broken, "kind: [Service\n");
  let isBroken = true;
  return {
    kube: folders.kube,
    open: (onProblem, signal) =>
      new Manifests(
        {
          directory: folders.manifests,
          firstSeen: new Map(),
          onFirstSeen: () => {},
          onFaults: (faults) => faults.forEach((fault) => onProblem(new Error(fault))),
          onChange: () => {},
        },
        signal,
      ).follow,
    unknown: `${broken}:`,
    makeKnown: async () => {
      if (isBroken) await folders.removeManifest(broken);
      isBroken = false;
    },
    close: () => folders.remove(),
  };
}
