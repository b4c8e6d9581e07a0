// A real kube-apiserver with etcd as the contract suite's harness: once for a test file. For lab tests.

import { startApiServers } from "../../../../../test/bench/api-servers.ts";
import { kubeconfigAccess } from "../auth.ts";
import type { Access } from "../auth.ts";
import { createKubeClient } from "../client.ts";
import type { KubeClient } from "../client.ts";
import { hasStatus } from "../error.ts";
import type { Harness } from "./harness.ts";

const reader = "contract-reader";
const rbac = "/apis/rbac.authorization.k8s.io/v1";

/** A running API server; every test gets a harness of it that starts without the restricted account's permission. */
export interface RealApiServer {
  harness(): Promise<Harness>;
  stop(): Promise<void>;
}

/** Starts etcd and a kube-apiserver from the lab's cache. */
export async function startRealApiServer(): Promise<RealApiServer> {
  const servers = await startApiServers(["contract"]);
  const server = servers.servers[0];
  if (server === undefined) throw new Error("no API server was started");
  const admin = await kubeconfigAccess(server.kubeconfig);
  const client = createKubeClient(admin);
  await ignoring(
    409,
    client.request("POST", "/api/v1/namespaces/default/serviceaccounts", {
      body: { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: reader } },
    }),
  );
  return {
    harness: async () => {
      await ignoring(404, client.request("DELETE", `${rbac}/clusterrolebindings/${reader}`));
      return {
        admin,
        restricted: () => restrictedAccess(client, admin),
        grant: () => grant(client),
        close: async () => {},
      };
    },
    stop: async () => {
      await client.close();
      await server.client.close();
      await servers.close();
    },
  };
}

async function restrictedAccess(client: KubeClient, admin: Access): Promise<Access> {
  const answer = await client.request("POST", `/api/v1/namespaces/default/serviceaccounts/${reader}/token`, {
    body: {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { expirationSeconds: 3_600 },
    },
  });
  const { token } = (answer as { status: { token: string } }).status;
  const { ca } = admin.tls;
  return {
    server: admin.server,
    tls: ca === undefined ? {} : { ca },
    authorization: async () => `Bearer ${token}`,
    forget: () => {},
  };
}

async function grant(client: KubeClient): Promise<void> {
  const role = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: reader };
  const rules = [
    { apiGroups: ["multicluster.x-k8s.io"], resources: ["serviceexports"], verbs: ["list", "watch"] },
  ];
  const metadata = { name: reader };
  await ignoring(
    409,
    client.request("POST", `${rbac}/clusterroles`, { body: { kind: "ClusterRole", metadata, rules } }),
  );
  await client.request("POST", `${rbac}/clusterrolebindings`, {
    body: {
      kind: "ClusterRoleBinding",
      metadata,
      roleRef: role,
      subjects: [{ kind: "ServiceAccount", name: reader, namespace: "default" }],
    },
  });
}

async function ignoring(status: number, request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!hasStatus(error, status)) throw error;
  }
}
