// What a bare API server needs before an agent may speak for it: definitions, a namespace for the agent, one node.

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import type { KubeClient } from "../../agents/cluster/src/kube/client.ts";
import { repository } from "../lab/paths.ts";
import { ensure } from "./api-servers.ts";
import { systemNamespace } from "./sealane-processes.ts";

/** Prepares the cluster at this place among the servers; doing it again changes nothing. */
export async function prepareCluster(client: KubeClient, index: number): Promise<void> {
  const crds = join(repository, "deploy/crds");
  for (const file of (await readdir(crds)).filter((name) => name.endsWith(".yaml"))) {
    const body = parse(await readFile(join(crds, file), "utf8")) as { kind?: string };
    if (body.kind === "CustomResourceDefinition")
      await ensure(client, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body);
  }
  await createNamespace(client, systemNamespace);
  const name = `${index === 0 ? "a" : "b"}1`;
  const podCIDR = `10.${64 + index}.0.0/16`;
  const spec = { podCIDR, podCIDRs: [podCIDR] };
  const ready = { type: "Ready", status: "True", reason: "Bench", message: "" };
  const status = {
    addresses: [{ type: "InternalIP", address: `172.30.${index}.11` }],
    conditions: [{ ...ready, lastHeartbeatTime: null, lastTransitionTime: null }],
  };
  await ensure(client, "/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name }, spec });
  const node = (await client.request("GET", `/api/v1/nodes/${name}`)) as object;
  await client.request("PUT", `/api/v1/nodes/${name}/status`, { body: { ...node, status } });
}

/** Creates a namespace unless it is there. */
export async function createNamespace(client: KubeClient, name: string): Promise<void> {
  await ensure(client, "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
}
