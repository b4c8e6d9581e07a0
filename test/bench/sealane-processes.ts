// Hub and agents as processes, joined by tokens over mTLS: the same programs that a cluster runs. Owns their
// command lines and their ends; what they work on is the bench's.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { openSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KubeClient } from "../../agents/cluster/src/kube/client.ts";
import { repository } from "../lab/paths.ts";
import { output } from "../lab/run.ts";
import { waitUntil } from "../lab/wait.ts";
import type { ApiServer, ApiServers } from "./api-servers.ts";
import { ensure } from "./api-servers.ts";

/** Whether a process writes a CPU profile when it ends, into the folder `profiles` beside its log. */
export type Profile = "profiled" | "plain";

/** Namespace of the agents' own objects. */
export const systemNamespace = "sealane-system";

const hubPort = 17_443;
const agentPortFirst = 17_450;
const agentMetricsPortFirst = 19_465;

/** Starts the hub; it keeps its data from one start to the next. */
export async function startHub(servers: ApiServers, profile: Profile): Promise<ChildProcess> {
  const args = await hubArguments(servers.directory);
  return launch(servers.directory, "hub", ["services/hub/src/main.ts", ...args], profile);
}

/** Starts the agent of the API server at this place among the servers, with a token when it has not joined; the hub must run. */
export async function startAgent(
  servers: ApiServers,
  index: number,
  profile: Profile,
): Promise<ChildProcess> {
  const { client, name } = serverAt(servers, index);
  await giveToken(client, name, hubData(servers.directory));
  return startJoinedAgent(servers, index, profile);
}

/** Starts an agent that has joined before; the process runs when this returns. */
export function startJoinedAgent(servers: ApiServers, index: number, profile: Profile): ChildProcess {
  const { kubeconfig, name } = serverAt(servers, index);
  const args = [
    "agents/cluster/src/main.ts",
    ...[`--kubeconfig=${kubeconfig}`, `--listen=127.0.0.1:${agentPortFirst + index}`],
    // By its identity the next process knows that this one is dead, as in a pod that the kubelet restarts.
    ...[`--identity=agent-${name}`, `--metrics-listen=${metricsAddress(index)}`, "--log-level=warn"],
  ];
  return launch(servers.directory, `agent-${name}`, args, profile);
}

/** One gauge of an agent, such as `sealane_desired_entries{kind="imports"}`; undefined when it does not show it. */
export async function agentGauge(index: number, series: string): Promise<number | undefined> {
  const answer = await fetch(`http://${metricsAddress(index)}/metrics`, {
    signal: AbortSignal.timeout(5_000),
  });
  const lines = (await answer.text()).split("\n");
  const line = lines.find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

/** The API server at a place among the servers. */
export function serverAt({ servers }: ApiServers, index: number): ApiServer {
  const server = servers[index];
  if (server === undefined) throw new Error(`there is no API server at ${index}, only ${servers.length}`);
  return server;
}

function metricsAddress(index: number): string {
  return `127.0.0.1:${agentMetricsPortFirst + index}`;
}

function launch(directory: string, name: string, argv: readonly string[], profile: Profile): ChildProcess {
  const log = openSync(join(directory, `${name}.log`), "a");
  const [entry = "", ...args] = argv;
  const profiling =
    profile === "profiled" ? ["--cpu-prof", `--cpu-prof-dir=${join(directory, "profiles", name)}`] : [];
  const stdio = ["ignore", log, log] as const;
  return spawn(process.execPath, [...profiling, join(repository, entry), ...args], { stdio: [...stdio] });
}

function hubData(directory: string): string {
  return join(directory, "hub");
}

async function hubArguments(directory: string): Promise<string[]> {
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
    `--data=${hubData(directory)}`,
    `--documents=${documents}`,
    `--listen=127.0.0.1:${hubPort}`,
    `--join-listen=127.0.0.1:${hubPort - 1}`,
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
  const program = join(repository, "services/cli/src/main.ts");
  return output([process.execPath, program, "--config", config, ...args]);
}
