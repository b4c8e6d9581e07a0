// The observer's rig on an API server, be it the real one or the fake, that serves no ServiceExports at first. For tests.

import { createKubeClient } from "../../kube/client.ts";
import { fixtures } from "../../kube/testing/fixtures.ts";
import type { Harness } from "../../kube/testing/harness.ts";
import { followApiServer } from "../follow.ts";
import type { ObserverRig } from "./observer-contract.ts";

/** The rig. The harness must start without CRDs. */
export function apiServerRig(harness: Harness): ObserverRig {
  const client = createKubeClient(harness.admin);
  const kube = fixtures(client);
  return {
    kube,
    // The observer hears of problems through the port.
    open: () => followApiServer(client, { backoff: { minMs: 5, maxMs: 100 } }),
    unknown: "serviceexports.multicluster.x-k8s.io",
    makeKnown: () => kube.installCrds(),
    close: async () => {
      await client.close();
      await harness.close();
    },
  };
}
