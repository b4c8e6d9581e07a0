// When a workload counts as rolled out, and what is named when it does not.

import { expect, test } from "vitest";
import { missingOf } from "./rollout.ts";
import type { Workload } from "./rollout.ts";

const metadata = { generation: 3 };
const deployed = { observedGeneration: 3, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
const scheduled = {
  observedGeneration: 3,
  desiredNumberScheduled: 3,
  updatedNumberScheduled: 3,
  numberAvailable: 3,
};

const deployment = (status?: Workload["status"]): Workload => ({
  metadata,
  spec: { replicas: 2 },
  ...(status === undefined ? {} : { status: { ...deployed, ...status } }),
});
const daemonSet = (status: Workload["status"]): Workload => ({
  metadata,
  spec: {},
  status: { ...scheduled, ...status },
});

test.each<[string, Workload, string]>([
  ["a Deployment is done", deployment({}), ""],
  ["nobody has seen a Deployment", deployment(), "its controller has not seen it yet"],
  ["a change was not seen", deployment({ observedGeneration: 2 }), "its controller has not seen it yet"],
  ["a pod is of the old kind", deployment({ updatedReplicas: 1 }), "1 of 2 pods updated"],
  ["an old pod still runs", deployment({ replicas: 3 }), "1 old pods are still there"],
  ["a pod is not available", deployment({ availableReplicas: 1 }), "1 of 2 pods available"],
  [
    "a Deployment is scaled to none",
    { metadata, spec: { replicas: 0 }, status: { observedGeneration: 3 } },
    "",
  ],
  ["a DaemonSet is done", daemonSet({}), ""],
  [
    "a change of a DaemonSet was not seen",
    daemonSet({ observedGeneration: 2 }),
    "its controller has not seen it yet",
  ],
  ["a node has the old pod", daemonSet({ updatedNumberScheduled: 2 }), "2 of 3 pods updated"],
  ["a node's pod is not available", daemonSet({ numberAvailable: 1 }), "1 of 3 pods available"],
])("when %s", (_, workload, missing) => {
  expect(missingOf(workload)).toBe(missing);
});
