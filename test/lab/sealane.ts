// The seam where Sealane is put onto a bare lab. Until that exists it says so.

import type { Lab } from "./lab.ts";

/** Deploys Sealane onto the lab; not there yet, so it always throws with the cure. */
export function deploySealane(lab: Lab): Promise<void> {
  const names = lab.clusters.map((cluster) => cluster.name).join(", ");
  return Promise.reject(
    new Error(`Cannot deploy Sealane onto ${names}: the lab cannot do that yet; start it with --bare`),
  );
}
