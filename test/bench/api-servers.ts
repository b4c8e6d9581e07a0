// Two bare API servers over one etcd on loopback: the ground that every propagation is measured on. No nodes,
// no controllers, so that nothing but the measured program moves.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { openSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKubeClient } from "../../agents/cluster/src/kube/client.ts";
import type { KubeClient } from "../../agents/cluster/src/kube/client.ts";
import { kubeconfigAccess } from "../../agents/cluster/src/kube/auth.ts";
import { goProgram } from "../lab/cache/go-programs.ts";
import { makeAuthority, makeSigningKeys, sign } from "../lab/certificates.ts";
import { kubeconfig } from "../lab/cluster/kubeconfig.ts";
import { waitFor, waitUntil } from "../lab/wait.ts";

/** One API server with an administrator's access. */
export interface ApiServer {
  readonly name: string;
  readonly kubeconfig: string;
  readonly client: KubeClient;
  readonly pods: string;
}

/** Running API servers, their folder, and how to end them. */
export interface ApiServers {
  readonly directory: string;
  readonly servers: readonly ApiServer[];
  /** Process ids by name: `etcd`, `apiserver-NAME`. */
  readonly processes: ReadonlyMap<string, number>;
  /** Ends the processes and keeps the folder. */
  readonly stop: () => Promise<void>;
  /** Ends the processes and removes the folder. */
  readonly close: () => Promise<void>;
}

// Of this process alone, below the kernel's ephemeral ports: several test files and benches may run at once.
const etcdPort = 20_000 + (process.pid % 1_200) * 10;
const apiPortFirst = etcdPort + 2;

/** Starts etcd and one API server a name; ready when each answers. Everything lies in a temporary folder. */
export async function startApiServers(names: readonly string[]): Promise<ApiServers> {
  const directory = await mkdtemp(join(tmpdir(), "sealane-bench-"));
  const children: ChildProcess[] = [];
  const processes = new Map<string, number>();
  const start = (name: string, program: string, args: readonly string[]) => {
    const log = openSync(join(directory, `${name}.log`), "a");
    const child = spawn(program, args, { stdio: ["ignore", log, log] });
    children.push(child);
    if (child.pid !== undefined) processes.set(name, child.pid);
  };
  // Nothing of theirs is to be kept, and an API server that is asked takes more than ten seconds to go.
  const stop = async () => {
    await Promise.all(children.map((child) => ended(child, "SIGKILL")));
  };
  const close = async () => {
    await stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    start("etcd", await goProgram("etcd"), etcdArguments(join(directory, "etcd")));
    const program = await goProgram("kube-apiserver");
    const servers = await Promise.all(
      names.map(async (name, index) => {
        const files = await writeFiles(join(directory, name), name, apiPortFirst + index);
        start(`apiserver-${name}`, program, apiServerArguments(files.directory, name, index));
        const client = createKubeClient(await kubeconfigAccess(files.kubeconfig));
        await waitUntil({ what: `API server ${name}`, timeoutMs: 60_000 }, async () => {
          await client.request("GET", "/readyz", { timeoutMs: 1_000 }).catch((error: unknown) => {
            // It answers "ok", which is no JSON; any other failure means that it does not answer yet.
            if (!String(error).includes("JSON")) throw error;
          });
          await client.request("GET", "/api/v1/namespaces/kube-system");
          return true;
        });
        return { name, kubeconfig: files.kubeconfig, client, pods: `10.${64 + index}.0.0/16` };
      }),
    );
    return { directory, servers, processes, stop, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Ends a process and waits for it; one that does not go is killed. */
export async function ended(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill(signal);
  const patience = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await gone;
  clearTimeout(patience);
}

function etcdArguments(directory: string): string[] {
  const url = `http://127.0.0.1:${etcdPort}`;
  return [
    ...[`--data-dir=${directory}`, `--listen-client-urls=${url}`, `--advertise-client-urls=${url}`],
    ...[`--listen-peer-urls=http://127.0.0.1:${etcdPort + 1}`, "--unsafe-no-fsync", "--log-level=warn"],
  ];
}

function apiServerArguments(directory: string, name: string, index: number): string[] {
  return [
    ...[`--etcd-servers=http://127.0.0.1:${etcdPort}`, `--etcd-prefix=/bench/${name}`],
    ...["--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", `--secure-port=${apiPortFirst + index}`],
    `--service-cluster-ip-range=10.${112 + index}.0.0/16,fd00:${112 + index}::/112`,
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    ...[
      `--service-account-key-file=${directory}/sa.pub`,
      `--service-account-signing-key-file=${directory}/sa.key`,
    ],
    ...[`--client-ca-file=${directory}/ca.crt`, `--tls-cert-file=${directory}/server.crt`],
    ...[`--tls-private-key-file=${directory}/server.key`, "--endpoint-reconciler-type=none"],
    ...["--authorization-mode=RBAC", "--disable-admission-plugins=ServiceAccount"],
  ];
}

async function writeFiles(directory: string, name: string, port: number) {
  await mkdir(directory, { recursive: true });
  const authority = await makeAuthority(`bench-${name}`);
  const server = await sign(authority, {
    commonName: "kube-apiserver",
    names: ["localhost"],
    addresses: ["127.0.0.1"],
  });
  const identity = await sign(authority, { commonName: `${name}-admin`, organization: "system:masters" });
  const tokens = await makeSigningKeys();
  const access = {
    cluster: name,
    user: `${name}-admin`,
    server: `https://127.0.0.1:${port}`,
    authority: authority.certificate,
    identity,
  };
  const files = {
    "ca.crt": authority.certificate,
    "server.crt": server.certificate,
    "server.key": server.key,
    "sa.key": tokens.key,
    "sa.pub": tokens.publicKey,
    kubeconfig: kubeconfig([access]),
  };
  await Promise.all(
    Object.entries(files).map(([file, text]) => writeFile(join(directory, file), text, { mode: 0o600 })),
  );
  return { directory, kubeconfig: join(directory, "kubeconfig") };
}

/** Creates an object unless it is there; waits while the server does not serve its kind yet. */
export async function ensure(client: KubeClient, collection: string, body: object): Promise<void> {
  await waitFor({ what: `${collection} to take an object`, timeoutMs: 30_000 }, async () => {
    try {
      await client.request("POST", collection, { body });
    } catch (error) {
      if ((error as { status?: number }).status !== 409) throw error;
    }
    return true;
  });
}
