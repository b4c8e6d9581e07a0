// A real hub on loopback whose join service is where an agent looks for it, and the Secrets that a person makes. For tests.

import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { TestHub } from "../../../../../services/hub/src/testing/hub.ts";
import { testHub } from "../../../../../services/hub/src/testing/hub.ts";
import type { KubeClient } from "../../kube/client.ts";
import { createKubeClient } from "../../kube/client.ts";
import { startFakeApiServer } from "../../kube/testing/fake-api-server.ts";
import { readSecret, writeSecret } from "../secrets.ts";

/** The agent's namespace in these tests. */
export const namespace = "sealane-system";

/** A cluster's API server and a hub that it may join. */
export interface Mesh {
  readonly hub: TestHub;
  readonly client: KubeClient;
  /** Puts a token for the cluster into Secret sealane-join. */
  offer(cluster: string): Promise<void>;
  /** Revokes the cluster's certificates; what is signed from here on counts. */
  revoke(cluster: string): Promise<void>;
  /** What the agent keeps. */
  kept(): Promise<Record<string, string>>;
}

/** Starts both; they end with the test. */
export async function startMesh(options: { readonly certificateTtlMs?: number } = {}): Promise<Mesh> {
  const api = await startFakeApiServer({ crds: "served" });
  const client = createKubeClient(api.admin);
  onTestFinished(async () => {
    await client.close();
    await api.close();
  });
  const hub = await hubOnPair(options);
  return {
    hub,
    client,
    offer: async (cluster) => {
      const { token } = await hub.admin.createToken({ cluster });
      await writeSecret(client, namespace, "sealane-join", { hub: hub.sessionAddress, token });
    },
    revoke: (cluster) => hub.revokeCluster(cluster),
    kept: async () => (await readSecret(client, namespace, "sealane-agent")) ?? {},
  };
}

/** A port may be taken between being found and being bound: then another is. */
async function hubOnPair(options: { readonly certificateTtlMs?: number }): Promise<TestHub> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await testHub({ ...options, listen: `127.0.0.1:${(await freePort()) + 1}` });
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
