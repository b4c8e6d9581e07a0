// Admin messages for tests, each field set on purpose.

import type { admin, published } from "@sealane/wire";

/** The time of every golden, Unix milliseconds. */
export const now = Date.UTC(2026, 10, 21, 12, 0, 0);

/** Unix microseconds this many seconds before `now`. */
export function ago(seconds: number): bigint {
  return BigInt(now - seconds * 1_000) * 1_000n;
}

/** A cluster that is well; fields are overridden by what is given. */
export function cluster(name: string, fields: Partial<admin.ClusterInfo> = {}): admin.ClusterInfo {
  return {
    $typeName: "sealane.v1.ClusterInfo",
    name,
    state: 2,
    lastSeenUnixUs: ago(1),
    version: "0.1.0",
    address: "192.0.2.11:51724",
    nodes: 3,
    exports: 2,
    rangesAdmitted: 4,
    rangesQuarantined: 0,
    shardsWanted: 12,
    framesSent: 40n,
    framesAcked: 40n,
    reports: [report("", 20n, 20n), report(`${name}1`, 95n, 95n)],
    clockOffsetUs: 1_500n,
    asn: 64512,
    awaited: [],
    ...fields,
  };
}

/** What a cluster (empty node) or a node observed. */
function report(
  node: string,
  desired: bigint,
  observed: bigint,
  findings: readonly (readonly [subject: string, reason: string, message: string])[] = [],
): admin.ClusterInfo["reports"][number] {
  return {
    $typeName: "sealane.v1.Report",
    node,
    counts: [{ $typeName: "sealane.v1.Count", kind: node === "" ? "imports" : "routes", desired, observed }],
    findings: findings.map(([subject, reason, message]) => ({
      $typeName: "sealane.v1.Finding",
      subject,
      reason,
      message,
    })),
    observedUnixUs: ago(2),
  };
}

/** A range's verdict in its cluster. */
export function range(
  cluster: string,
  prefix: string,
  fields: Partial<published.RangeVerdict> = {},
): admin.RangeInfo {
  return {
    $typeName: "sealane.v1.RangeInfo",
    cluster,
    range: {
      $typeName: "sealane.v1.RangeVerdict",
      prefix,
      kind: 1,
      source: `Node/${cluster}1.spec.podCIDRs`,
      admitted: true,
      reason: "",
      owner: "",
      ownerPrefix: "",
      overlap: "",
      free: "",
      ...fields,
    },
  };
}

/** A quarantined range of cluster d. */
export const overlapping = range("d", "10.244.0.0/16", {
  admitted: false,
  reason: "RangeOverlap",
  owner: "a",
  ownerPrefix: "10.244.0.0/20",
  overlap: "10.244.0.0/20",
  free: "10.248.0.0/16",
});

/** A service that two clusters export, with a conflict. */
export const web: admin.ServiceInfo = {
  $typeName: "sealane.v1.ServiceInfo",
  namespace: "shop",
  name: "web",
  service: {
    $typeName: "sealane.v1.MergedService",
    type: 1,
    owner: "a",
    ports: [
      { $typeName: "sealane.v1.ServicePort", name: "http", protocol: 1, port: 80, appProtocol: "http" },
      { $typeName: "sealane.v1.ServicePort", name: "metrics", protocol: 1, port: 9090, appProtocol: "" },
    ],
    ipFamilies: ["IPv4", "IPv6"],
    sessionAffinity: "None",
    sessionAffinityTimeoutSeconds: 0,
    internalTrafficPolicy: "Cluster",
    trafficDistribution: "",
    labels: {},
    annotations: {},
    exporters: [
      exporter("a", ["10.96.0.20", "fd00:a:96::20"], ["http", "metrics"], 0),
      exporter("b", ["10.97.0.20", "fd00:b:96::20"], ["http"], 1),
    ],
  },
  exports: {
    b: exportStatus(true, "", ["PortConflict"], "port http: 8080 of b loses to 80 of a"),
    a: exportStatus(true),
  },
  ready: 3,
  pods: 4,
};

/** A service whose only export was refused. */
export const refused: admin.ServiceInfo = {
  $typeName: "sealane.v1.ServiceInfo",
  namespace: "kube-system",
  name: "metrics",
  exports: { c: exportStatus(false, "NamespaceNotAllowed", [], "cluster c may export from: shop") },
  ready: 0,
  pods: 0,
};

/** A route, with next hops. */
export function route(prefix: string, kind: string, fields: Partial<admin.RouteInfo> = {}): admin.RouteInfo {
  return {
    $typeName: "sealane.v1.RouteInfo",
    prefix,
    kind,
    nextHops: [],
    cluster: "a",
    purpose: "shop/web",
    reason: "",
    message: "",
    ...fields,
  };
}

/** A name. */
export function name(text: string, kind: string, cluster: string, addresses: string[]): admin.NameInfo {
  return { $typeName: "sealane.v1.NameInfo", name: text, kind, cluster, addresses };
}

/** A step of an explanation. */
export function step(outcome: string, subject: string, reason: string, message: string): admin.ExplainStep {
  return { $typeName: "sealane.v1.ExplainStep", outcome, subject, reason, message };
}

/** An event of two minutes ago. */
export function event(kind: string, subject: string, fields: Partial<admin.Event> = {}): admin.Event {
  return {
    $typeName: "sealane.v1.Event",
    sequence: 17n,
    atUnixUs: ago(120),
    firstUnixUs: ago(120),
    count: 1,
    kind,
    cluster: "a",
    subject,
    reason: "",
    message: "",
    ...fields,
  };
}

/** Events of every sort: plain, repeated, with a reason, about no cluster. */
export const events: readonly admin.Event[] = [
  event("TokenCreated", "token/4f2a91c0", {
    cluster: "d",
    message: "jo made it; it can be used once, until 2026-11-21T12:30:00.000Z",
  }),
  event("SessionOpened", "session", {
    sequence: 41n,
    count: 3,
    firstUnixUs: ago(7_200),
    message: "agent 0.1.0 connected from 192.0.2.11:51724",
  }),
  event("RangeQuarantined", "range/10.244.0.0/16", {
    sequence: 42n,
    cluster: "d",
    reason: "RangeOverlap",
    message:
      'pod range 10.244.0.0/16 of Node/d1.spec.podCIDRs meets 10.244.0.0/20 of cluster "a" at 10.244.0.0/20; free: 10.248.0.0/16',
  }),
  event("DocumentRefused", "document/clusters.yaml:14", {
    sequence: 43n,
    cluster: "",
    reason: "DocumentInvalid",
    message: 'clusters.yaml:14: unknown field "claim"',
  }),
];

/** A token that is usable for another half hour. */
export function token(id: string, fields: Partial<admin.TokenInfo> = {}): admin.TokenInfo {
  return {
    $typeName: "sealane.v1.TokenInfo",
    id,
    cluster: "d",
    createdUnixUs: ago(1_800),
    expiresUnixUs: ago(-1_800),
    usedUnixUs: 0n,
    revokedUnixUs: 0n,
    ...fields,
  };
}

/** The whole status of a mesh in which something is wrong in every way. */
export const unwell: admin.GetStatusResponse = {
  $typeName: "sealane.v1.GetStatusResponse",
  version: "0.1.0",
  startedUnixUs: ago(3 * 3_600),
  meshZone: "mesh.example",
  clusters: [
    cluster("a"),
    cluster("b", {
      reports: [
        report("b1", 12n, 10n, [["10.96.0.20/32", "NextHopNotOnLink", "192.0.2.31 is on no network of b1"]]),
      ],
      framesAcked: 38n,
    }),
    cluster("c", { state: 3, lastSeenUnixUs: ago(240) }),
    cluster("d", { rangesAdmitted: 3, rangesQuarantined: 1 }),
    cluster("e", {
      state: 1,
      lastSeenUnixUs: 0n,
      version: "",
      address: "",
      reports: [],
      clockOffsetUs: 0n,
      asn: 0,
    }),
    cluster("f", { awaited: ["c", "e"] }),
  ],
  services: 7,
  rangesQuarantined: 1,
  refusedDocuments: ['clusters.yaml:14: unknown field "claim"'],
};

function exporter(
  cluster: string,
  clusterAddresses: string[],
  ports: string[],
  endpoints: published.Exporter["endpoints"],
): published.Exporter {
  return { $typeName: "sealane.v1.Exporter", cluster, clusterAddresses, ports, endpoints };
}

function exportStatus(
  accepted: boolean,
  reason = "",
  conflicts: string[] = [],
  message = "",
): published.ExportStatus {
  return { $typeName: "sealane.v1.ExportStatus", accepted, reason, conflicts, message };
}
