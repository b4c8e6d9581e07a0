// A cluster's administrator in this process: starting kubectl costs more than most requests that the lab makes.

import type { KubeClient } from "../../../agents/cluster/src/kube/client.ts";
import { createKubeClient } from "../../../agents/cluster/src/kube/client.ts";
import type { LabCluster } from "../lab.ts";

/** Does the work with a client of the cluster's API server that may do everything, and lets go of the server then. */
export async function asAdministrator<T>(
  { admin }: Pick<LabCluster, "admin">,
  work: (client: KubeClient) => Promise<T>,
): Promise<T> {
  const client = createKubeClient({
    server: admin.server,
    tls: { ca: admin.authority, cert: admin.identity.certificate, key: admin.identity.key },
    authorization: () => Promise.resolve(undefined),
    forget: () => undefined,
  });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
