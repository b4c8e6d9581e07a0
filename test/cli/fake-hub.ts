// A hub for the command line's tests: AdminService over real gRPC and TLS, from values. It keeps the contract of
// proto: what is required is required, what is unknown is NOT_FOUND, and only an admin may change anything.

import * as grpc from "@grpc/grpc-js";
import type { AdminHandlers } from "@sealane/wire";
import { WatchedKind, adminImplementation, adminServiceDefinition } from "@sealane/wire";
import * as fixtures from "../../services/cli/src/views/fixtures.testing.ts";
import type { Credentials } from "./certificates.ts";

/** A running hub. */
export interface FakeHub {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** Calls of GetStatus that were cancelled by the caller. */
  readonly cancelled: () => number;
  /** Watches that were begun. */
  readonly watching: () => number;
  readonly close: () => void;
}

/** How the hub is. */
export interface FakeHubOptions {
  /** A free one by default. */
  readonly port?: number;
  readonly ca: string;
  readonly server: Credentials;
  readonly handlers?: Partial<AdminHandlers>;
}

/** Starts a hub on a free port of loopback. */
export async function startFakeHub({
  ca,
  server: own,
  handlers,
  port: asked = 0,
}: FakeHubOptions): Promise<FakeHub> {
  const server = new grpc.Server();
  let cancelled = 0;
  let watching = 0;
  const all: AdminHandlers = { ...fakeHandlers, ...handlers };
  const getStatus: AdminHandlers["getStatus"] = (request, call) => {
    call.on("cancelled", () => cancelled++);
    return all.getStatus(request, call);
  };
  const watch: AdminHandlers["watch"] = async function* (...given) {
    watching += 1;
    yield* all.watch(...given);
  };
  server.addService(adminServiceDefinition, adminImplementation({ ...all, getStatus, watch }, statusOf));
  const pair = { private_key: Buffer.from(own.key), cert_chain: Buffer.from(own.certificate) };
  const credentials = grpc.ServerCredentials.createSsl(Buffer.from(ca), [pair], true);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${asked}`, credentials, (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    address: `127.0.0.1:${port}`,
    cancelled: () => cancelled,
    watching: () => watching,
    close: () => server.forceShutdown(),
  };
}

/** A call that ends with a status. */
export class StatusError extends Error {
  readonly code: grpc.status;

  constructor(code: grpc.status, message: string) {
    super(message);
    this.code = code;
  }
}

function statusOf(error: unknown): Partial<grpc.StatusObject> {
  if (error instanceof StatusError) return { code: error.code, details: error.message };
  return { code: grpc.status.INTERNAL, details: String(error) };
}

const clusters = fixtures.unwell.clusters;

function requireCluster(name: string, field = "cluster"): void {
  if (name === "") throw new StatusError(grpc.status.INVALID_ARGUMENT, `${field} is required`);
  if (clusters.some((cluster) => cluster.name === name)) return;
  throw new StatusError(grpc.status.NOT_FOUND, `no cluster "${name}" is a member`);
}

function requireAdmin(call: Parameters<AdminHandlers["createToken"]>[1]): void {
  const subject = call.getAuthContext().sslPeerCertificate?.subject;
  if (subject?.OU === "admin") return;
  throw new StatusError(
    grpc.status.PERMISSION_DENIED,
    `"${String(subject?.CN)}" is ${String(subject?.OU)}, and this needs admin`,
  );
}

const fakeHandlers: AdminHandlers = {
  getStatus: async () => fixtures.unwell,
  listClusters: async () => ({ clusters }),
  listServices: async ({ namespace }) => ({
    services: [fixtures.refused, fixtures.web].filter((it) => namespace === "" || it.namespace === namespace),
  }),
  listRoutes: async ({ cluster, node }) => {
    requireCluster(cluster);
    const own =
      node === "" ? [] : [fixtures.route("10.97.0.20/32", "originate", { cluster, purpose: "pay/api" })];
    return { routes: [fixtures.route("10.96.0.20/32", "install", { nextHops: ["192.0.2.11"] }), ...own] };
  },
  listNames: async () => ({
    names: [
      fixtures.name("a.mesh.example", "zone", "a", ["10.96.0.53"]),
      fixtures.name("web.shop.svc.clusterset.local", "clusterset", "", []),
    ],
  }),
  listRanges: async ({ cluster }) => ({
    ranges: [fixtures.range("a", "10.244.0.0/20"), fixtures.overlapping].filter(
      (it) => cluster === "" || it.cluster === cluster,
    ),
  }),
  explainImport: async ({ cluster, namespace, name }) => {
    requireCluster(cluster);
    const exported = namespace === "shop" && name === "web";
    const found = fixtures.step(
      exported ? "yes" : "no",
      "export",
      exported ? "" : "NotExported",
      "looked up",
    );
    if (cluster !== "c") return { steps: [found] };
    return { steps: [found, fixtures.step("unknown", "import", "ClusterSilent", "c is silent")] };
  },
  explainRoute: async ({ cluster, destination }) => {
    requireCluster(cluster);
    if (/^[\d.]+(?:\/\d+)?$/.test(destination))
      return { steps: [fixtures.step("yes", "route", "", "installed")] };
    throw new StatusError(grpc.status.INVALID_ARGUMENT, `"${destination}" is neither an address nor a CIDR`);
  },
  leaveCluster: async ({ cluster, force }, call) => {
    requireAdmin(call);
    requireCluster(cluster);
    return { departure: { cluster, force } };
  },
  getDeparture: async ({ cluster }) => {
    throw new StatusError(grpc.status.NOT_FOUND, `cluster "${cluster}" is not leaving and has not left`);
  },
  createToken: async ({ cluster, ttlSeconds }, call) => {
    requireAdmin(call);
    if (!/^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/.test(cluster)) {
      throw new StatusError(grpc.status.INVALID_ARGUMENT, `"${cluster}" is no RFC 1123 label`);
    }
    const expiresUnixUs = fixtures.ago(-ttlSeconds);
    return { token: "sealane-token-secret", info: fixtures.token("4f2a91c0", { cluster, expiresUnixUs }) };
  },
  listTokens: async () => ({ tokens: [fixtures.token("4f2a91c0")] }),
  revokeToken: async ({ id }, call) => {
    requireAdmin(call);
    if (id !== "4f2a91c0") throw new StatusError(grpc.status.NOT_FOUND, `no token "${id}"`);
    return { info: fixtures.token(id, { revokedUnixUs: fixtures.ago(0) }) };
  },
  getVersion: async () => ({ version: "0.1.0", schema: { min: 1, max: 1 } }),
  listEvents: async ({ cluster }) => ({
    events: fixtures.events.filter((it) => cluster === "" || it.cluster === cluster),
    sinceUnixUs: fixtures.ago(3_600),
  }),
  watch: async function* ({ kind }, _, gone) {
    const items = fixtures.events.map((value) => ({
      key: `${value.sequence}@${value.atUnixUs}`,
      value: { case: "event" as const, value },
    }));
    yield { items: kind === WatchedKind.EVENTS ? items : [], current: true };
    await new Promise<void>((resolve) => gone.addEventListener("abort", () => resolve()));
  },
  planJoin: async ({ cluster, ranges }) => ({
    ranges: ranges.map(({ prefix }) => {
      const { range } = prefix === "10.244.0.0/16" ? fixtures.overlapping : fixtures.range("", prefix);
      return range ?? {};
    }),
    member: clusters.some(({ name }) => name === cluster),
  }),
  getLogLevel: async () => ({ level: "info" }),
  setLogLevel: async ({ level }, call) => {
    requireAdmin(call);
    return { previous: "info", level };
  },
};
