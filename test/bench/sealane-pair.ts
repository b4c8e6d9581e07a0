// Hub and two agents as processes, joined by tokens over mTLS, between two bare API servers: what a propagation of
// Sealane runs through. The same programs that a cluster runs.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { openSync } from "node:fs";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import type { KubeClient } from "../../agents/cluster/src/kube/client.ts";
import { repository } from "../lab/paths.ts";
import { output } from "../lab/run.ts";
import { waitUntil } from "../lab/wait.ts";
import type { ApiServers } from "./api-servers.ts";
import { ended, ensure } from "./api-servers.ts";
import { sliceOf } from "./changes.ts";

/** A prepared pair; `start` may be called again after its `stop`. */
export interface SealanePair {
  /** Starts hub and agents; ready when every service is imported. The returned function stops them. */
  readonly start: (profile: "profiled" | "plain") => Promise<() => Promise<void>>;
  /** The importing cluster's slices begin with this. */
  readonly prefix: string;
}

const hubPort = 17_443;
const systemNamespace = "sealane-system";

/** Gives both API servers what a joined cluster has: CRDs, a node, and in the first one exported services. */
export async function prepare(
  servers: ApiServers,
  namespace: string,
  services: number,
): Promise<SealanePair> {
  const [a, b] = servers.servers;
  if (a === undefined || b === undefined) throw new Error("a pair needs two API servers");
  for (const [index, { client }] of [a, b].entries()) await prepareCluster(client, namespace, index);
  for (let service = 0; service < services; service++) await exportService(a.client, namespace, service);
  const data = join(servers.directory, "hub");
  const start = async (profile: "profiled" | "plain") => {
    const children: ChildProcess[] = [];
    const launch = (name: string, entry: string, args: readonly string[]) => {
      const log = openSync(join(servers.directory, `${name}.log`), "a");
      const profiling =
        profile === "profiled"
          ? ["--cpu-prof", `--cpu-prof-dir=${join(servers.directory, "profiles", name)}`]
          : [];
      const argv = [...profiling, join(repository, entry), ...args];
      children.push(spawn(process.execPath, argv, { stdio: ["ignore", log, log] }));
    };
    const stop = async () => {
      await Promise.all(children.map(ended));
    };
    try {
      launch("hub", "services/hub/src/main.ts", await hubArguments(servers.directory, data));
      for (const [index, { name, kubeconfig, client }] of [a, b].entries()) {
        await giveToken(client, name, data);
        launch(`agent-${name}`, "agents/cluster/src/main.ts", [
          ...[`--kubeconfig=${kubeconfig}`, `--listen=127.0.0.1:${17_450 + index}`],
          ...[`--metrics-listen=127.0.0.1:${19_465 + index}`, "--log-level=warn"],
        ]);
      }
      const what = `${services} services to be imported (logs in ${servers.directory})`;
      await waitUntil({ what, timeoutMs: 60_000 }, () => imported(b.client, namespace, services));
      // What an earlier run left looks imported before anybody is connected: a fresh change proves the whole chain.
      await crossed(a.client, b.client, namespace);
    } catch (error) {
      await stop();
      throw error;
    }
    return stop;
  };
  return { start, prefix: "sealane-" };
}

async function prepareCluster(client: KubeClient, namespace: string, index: number): Promise<void> {
  const crds = join(repository, "deploy/crds");
  for (const file of (await readdir(crds)).filter((name) => name.endsWith(".yaml"))) {
    const body = parse(await readFile(join(crds, file), "utf8")) as { kind?: string };
    if (body.kind === "CustomResourceDefinition")
      await ensure(client, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body);
  }
  for (const name of [namespace, systemNamespace]) {
    await ensure(client, "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  const name = `${index === 0 ? "a" : "b"}1`;
  const podCIDR = `10.${64 + index}.0.0/16`;
  const spec = { podCIDR, podCIDRs: [podCIDR] };
  const status = {
    addresses: [{ type: "InternalIP", address: `172.30.${index}.11` }],
    conditions: [
      {
        type: "Ready",
        status: "True",
        reason: "Bench",
        message: "",
        lastHeartbeatTime: null,
        lastTransitionTime: null,
      },
    ],
  };
  await ensure(client, "/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name }, spec });
  const node = (await client.request("GET", `/api/v1/nodes/${name}`)) as object;
  await client.request("PUT", `/api/v1/nodes/${name}/status`, { body: { ...node, status } });
}

async function exportService(client: KubeClient, namespace: string, service: number): Promise<void> {
  const metadata = { name: `service-${service}`, namespace };
  const spec = { clusterIP: "None", ports: [{ name: "http", port: 8080, protocol: "TCP" }] };
  await ensure(client, `/api/v1/namespaces/${namespace}/services`, {
    apiVersion: "v1",
    kind: "Service",
    metadata,
    spec,
  });
  await ensure(
    client,
    `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
    sliceOf(namespace, service, 0),
  );
  const exported = { apiVersion: "multicluster.x-k8s.io/v1beta1", kind: "ServiceExport", metadata };
  await ensure(
    client,
    `/apis/multicluster.x-k8s.io/v1beta1/namespaces/${namespace}/serviceexports`,
    exported,
  );
}

async function hubArguments(directory: string, data: string): Promise<string[]> {
  const documents = join(directory, "documents");
  await mkdir(documents, { recursive: true });
  const clusterSet = {
    apiVersion: "sealane.dev/v1alpha1",
    kind: "ClusterSet",
    metadata: { name: "bench" },
    spec: { meshZone: "mesh.example" },
  };
  await writeFile(join(documents, "clusterset.yaml"), JSON.stringify(clusterSet));
  return [
    ...[
      `--data=${data}`,
      `--documents=${documents}`,
      `--listen=127.0.0.1:${hubPort}`,
      `--join-listen=127.0.0.1:${hubPort - 1}`,
    ],
    ...["--advertise=127.0.0.1", "--metrics-listen=127.0.0.1:19464", "--log-level=warn"],
  ];
}

/** A join token by the command line, handed over as a person would; once only, as tokens are. */
async function giveToken(client: KubeClient, cluster: string, data: string): Promise<void> {
  const path = `/api/v1/namespaces/${systemNamespace}/secrets`;
  const config = join(data, "admin", "config.yaml");
  await waitUntil({ what: "the hub to answer", timeoutMs: 20_000 }, async () => {
    await cli(config, ["version", "-o", "json"]);
    return true;
  });
  const known = await client.request("GET", `${path}/sealane-agent`).then(
    () => true,
    () => false,
  );
  if (known) return;
  const token = (await cli(config, ["token", "create", cluster])).trim();
  const stringData = { hub: `127.0.0.1:${hubPort}`, token };
  await ensure(client, path, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "sealane-join", namespace: systemNamespace },
    stringData,
  });
}

function cli(config: string, args: readonly string[]): Promise<string> {
  return output([
    process.execPath,
    join(repository, "services/cli/src/main.ts"),
    "--config",
    config,
    ...args,
  ]);
}

async function crossed(from: KubeClient, to: KubeClient, namespace: string): Promise<void> {
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  const slice = sliceOf(namespace, 0, Math.floor(Math.random() * 50) + 190);
  await from.request("PUT", `${path}/${slice.metadata.name}`, { body: slice });
  await waitUntil({ what: "a first change to cross", timeoutMs: 60_000 }, async () => {
    const text = JSON.stringify(await to.request("GET", path));
    return text.includes(slice.endpoints[0]?.addresses[0] ?? "none");
  });
}

async function imported(client: KubeClient, namespace: string, services: number): Promise<boolean> {
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  const { items } = (await client.request("GET", path)) as { items: { metadata: { name: string } }[] };
  return items.filter(({ metadata }) => metadata.name.startsWith("sealane-")).length >= services;
}
