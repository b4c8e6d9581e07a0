// What the site around the clusters runs on the switch: the one etcd of all clusters, and a resolver
// that knows no name, as a site without internet has.

import { switchAddress } from "./addresses.ts";
import { etcdPrefix } from "./cluster/control-plane.ts";
import { startDaemon } from "./machine/daemon.ts";
import { writeMachineFiles } from "./machine/files.ts";
import type { Machine } from "./machine/machine.ts";
import { waitUntil } from "./wait.ts";

const etcd = `http://${switchAddress.v4}:2379`;
const requestTimeoutMs = 10_000;

/** Names that nobody knows end here: at once, and not in a silence that clients wait out. */
const resolverCorefile = `.:53 {
    template ANY ANY {
        rcode NXDOMAIN
    }
    errors
}
`;

/** Starts etcd and the resolver, and waits for etcd. */
export async function startSite(machine: Machine): Promise<void> {
  await writeMachineFiles(machine.name, "/etc/coredns", { Corefile: resolverCorefile });
  await startDaemon(machine, {
    name: "etcd",
    argv: [
      // In memory and never synced: a lab is made anew, and disks are what tests would wait for.
      ...["etcd", "--name=lab", "--data-dir=/run/etcd", "--unsafe-no-fsync"],
      ...[`--listen-client-urls=${etcd}`, `--advertise-client-urls=${etcd}`],
      ...["--listen-peer-urls=http://127.0.0.1:2380", "--log-level=warn"],
      ...["--auto-compaction-mode=periodic", "--auto-compaction-retention=5m"],
    ],
    env: { GOGC: "200" },
  });
  await startDaemon(machine, { name: "coredns", argv: ["coredns", "-conf", "/etc/coredns/Corefile"] });
  await waitUntil({ what: "etcd on the switch to answer", timeoutMs: 30_000 }, async () => {
    const response = await fetch(`${etcd}/health`, { signal: AbortSignal.timeout(1000) });
    return response.ok && (await response.text()).includes('"true"');
  });
}

/** Deletes all that a cluster kept in etcd. Its API server must be gone. */
export async function forgetCluster(name: string): Promise<void> {
  const prefix = `${etcdPrefix(name)}/`;
  // The end of a range of keys by prefix is the prefix with its last byte raised: "/" becomes "0".
  const body = { key: base64(prefix), range_end: base64(`${prefix.slice(0, -1)}0`) };
  const response = await fetch(`${etcd}/v3/kv/deleterange`, {
    method: "POST",
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  if (!response.ok) {
    throw new Error(
      `Cannot delete cluster "${name}" from etcd: it answered ${response.status} ${await response.text()}`,
    );
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
