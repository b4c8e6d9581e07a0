// An agent for tests: serves real sessions over TLS on a unix socket from a table that the test fills. It checks
// the token, and records what speakers report.

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import * as grpc from "@grpc/grpc-js";
import type { NodeFact, ReachFact, ShardId, ShardKind } from "@sealane/core";
import { reachKey, version } from "@sealane/core";
import type { Report, ServedSession, Values } from "@sealane/wire";
import {
  Outbox,
  ShardTable,
  WireError,
  channelOptions,
  encodeValue,
  nowUnixUs,
  sessionImplementation,
  sessionServiceDefinition,
} from "@sealane/wire";

const run = promisify(execFile);

/** The name in its certificate. */
const fakeAgentName = "sealane-agent.sealane-system.svc";

/** The only token that it accepts. */
export const fakeToken = "the-token";

/** An agent of cluster `a`. */
export class FakeAgent {
  /** Newest last. */
  readonly reports: Report[] = [];
  /** Why sessions were refused. */
  readonly refused: string[] = [];
  readonly #table = new ShardTable();
  readonly #outboxes = new Map<Outbox, ServedSession>();
  readonly #epoch = BigInt(Date.now());
  #sequence = 0n;
  #server: grpc.Server | undefined;

  /** Serves at `folder/agent.sock`; makes `folder/ca.crt`, and `folder/cluster` as the ConfigMap has it. */
  async start(folder: string): Promise<void> {
    const [key, certificate] = [join(folder, "agent.key"), join(folder, "ca.crt")];
    const request = [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-days",
      "1",
    ];
    const subject = ["-subj", `/CN=${fakeAgentName}`, "-addext", `subjectAltName=DNS:${fakeAgentName}`];
    await run("openssl", [...request, ...subject, "-keyout", key, "-out", certificate]);
    const pair = { cert_chain: await readFile(certificate), private_key: await readFile(key) };
    const server = new grpc.Server(channelOptions);
    server.addService(
      sessionServiceDefinition,
      sessionImplementation(async (hello, call) => this.#open(hello, call)),
    );
    await new Promise<void>((resolve, reject) => {
      const credentials = grpc.ServerCredentials.createSsl(null, [pair]);
      server.bindAsync(`unix:${join(folder, "agent.sock")}`, credentials, (error) =>
        error ? reject(error) : resolve(),
      );
    });
    this.#server = server;
  }

  /** Ends at once, as a killed process does. */
  stop(): void {
    this.#server?.forceShutdown();
    this.#server = undefined;
    this.#outboxes.clear();
  }

  /** Sessions that are open. */
  get sessions(): number {
    return this.#outboxes.size;
  }

  /** Publishes one entry. */
  put<K extends ShardKind>(id: ShardId & { readonly kind: K }, key: string, value: Values[K]): void {
    this.#table.put(id, key, encodeValue(id.kind, value), nowUnixUs(), this.#next());
    this.#note(id, (outbox) => outbox.note(id, key));
  }

  /** Takes one entry back. */
  remove(id: ShardId, key: string): void {
    this.#table.remove(id, key, this.#next());
    this.#note(id, (outbox) => outbox.note(id, key));
  }

  /** Says that a shard is whole. */
  complete(id: ShardId): void {
    this.#table.complete(id, this.#next());
    this.#note(id, (outbox) => outbox.noteComplete(id));
  }

  #next() {
    this.#sequence += 1n;
    return { epoch: this.#epoch, sequence: this.#sequence };
  }

  #note(_id: ShardId, note: (outbox: Outbox) => void): void {
    for (const [outbox, session] of this.#outboxes) {
      note(outbox);
      session.wake();
    }
  }

  async #open(
    {
      node,
      cluster,
      held,
    }: { readonly node: string; readonly cluster: string; readonly held: Parameters<Outbox["resume"]>[0] },
    call: grpc.ServerDuplexStream<object, object>,
  ) {
    const said = `${String(call.metadata.get("authorization")[0])} as ${node} of ${cluster}`;
    if (said !== `Bearer ${fakeToken} as a1 of a`) {
      this.refused.push(said);
      throw new WireError("denied", "the speaker's token is not accepted");
    }
    const outbox = new Outbox(this.#table, () => true);
    outbox.resume(held, () => false);
    return Promise.resolve({
      outbox,
      welcome: { held: [], epoch: this.#epoch, version },
      frame: () => {
        throw new WireError("malformed", "a speaker sends no facts");
      },
      report: (report: Report) => void this.reports.push(report),
      opened: (session: ServedSession) => void this.#outboxes.set(outbox, session),
      closed: () => void this.#outboxes.delete(outbox),
    });
  }
}

/** A ready node. */
function nodeFact(addresses: readonly string[], podPrefixes: readonly string[]): NodeFact {
  return { addresses, podPrefixes, ready: true, zone: "" };
}

/** One pod of a service. */
function reachFact(address: string, ready: boolean): ReachFact {
  const pod = { addresses: [address], ready, serving: ready, terminating: false, hostname: "", pod: "web" };
  return {
    zone: "",
    groups: [{ ports: [{ name: "", protocol: "TCP", port: 80, appProtocol: "" }], pods: [pod] }],
  };
}

const shopReach = (origin: string) => ({ kind: "reach", origin, namespace: "shop" }) as const;
const shopImports = { kind: "import", origin: "", namespace: "shop" } as const;
const members = { kind: "member", origin: "", namespace: "" } as const;

/** Says whether the pod of shop/web on a node is ready. */
export function putReady(agent: FakeAgent, cluster: string, node: string, ready: boolean): void {
  agent.put(
    shopReach(cluster),
    reachKey("web", node),
    reachFact(`10.1${cluster === "a" ? 0 : 1}.0.9`, ready),
  );
}

/** Publishes clusters `a` (node a1) and `b` (nodes b1 to b3), both exporting shop/web. */
export function publishWorld(agent: FakeAgent): void {
  const port = { name: "", protocol: "TCP", port: 80, appProtocol: "" } as const;
  for (const cluster of ["a", "b"]) agent.put(members, cluster, { incarnation: "1", ranges: [], asn: 0 });
  const nodes = (cluster: string) => ({ kind: "node", origin: cluster, namespace: "" }) as const;
  agent.put(nodes("a"), "a1", nodeFact(["10.10.0.1", "fd10::1"], ["10.100.1.0/24", "fd00:100:1::/64"]));
  for (const number of [1, 2, 3]) {
    const addresses = [`10.10.0.1${number}`, `fd10::1${number}`];
    agent.put(
      nodes("b"),
      `b${number}`,
      nodeFact(addresses, [`10.110.${number}.0/24`, `fd00:110:${number}::/64`]),
    );
    putReady(agent, "b", `b${number}`, true);
  }
  putReady(agent, "a", "a1", true);
  agent.put(shopImports, "web", {
    type: "ClusterSetIP",
    owner: "a",
    ports: [port],
    ipFamilies: ["IPv4", "IPv6"],
    sessionAffinity: "None",
    sessionAffinityTimeoutSeconds: 0,
    internalTrafficPolicy: "Cluster",
    trafficDistribution: "",
    labels: {},
    annotations: {},
    exporters: [
      { cluster: "a", clusterAddresses: ["10.96.0.9", "fd00:96::9"], ports: [""], endpoints: "pods" },
      { cluster: "b", clusterAddresses: ["10.97.0.9", "fd00:97::9"], ports: [""], endpoints: "pods" },
    ],
  });
}

/** Says that everything published is all there is. */
export function completeWorld(agent: FakeAgent): void {
  agent.complete(members);
  agent.complete({ kind: "stub", origin: "", namespace: "" });
  agent.complete(shopImports);
  for (const cluster of ["a", "b"]) {
    agent.complete({ kind: "node", origin: cluster, namespace: "" });
    agent.complete(shopReach(cluster));
  }
}

/** Takes shop/web back from everywhere. */
export function unexport(agent: FakeAgent): void {
  agent.remove(shopImports, "web");
}
