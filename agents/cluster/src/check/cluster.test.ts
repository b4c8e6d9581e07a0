// One healthy cluster, and every fault of it with the reason that names it: each row changes one thing only.

import { expect, test } from "vitest";
import { tallyChecks } from "@sealane/core";
import type { NamesReport } from "../dns/publish.ts";
import type { ClusterCheckState } from "./cluster.ts";
import { judgeCluster } from "./cluster.ts";
import type { ApiGroup } from "./judge-definitions.ts";
import { agentRights } from "./rights.ts";

const stub = `mesh.example:53 clusterset.local:53 {
    forward . 10.96.0.53 fd00:96::53
}
`;
const corefile = `.:53 {
    errors
}
${stub}`;

const names: NamesReport = {
  desired: 2,
  observed: 2,
  generation: "g1",
  replicas: [
    { replica: { name: "mesh-dns-1", address: "10.1.1.5", port: 53 }, state: { kind: "live", afterMs: 1 } },
  ],
  findings: [],
};

const resource = (name: string, kind: string, namespaced = true) => ({ name, kind, namespaced });
const served: ApiGroup = [
  resource("serviceexports", "ServiceExport"),
  resource("serviceexports/status", "ServiceExport"),
  resource("serviceimports", "ServiceImport"),
  resource("serviceimports/status", "ServiceImport"),
];
const rights = agentRights("sealane-system").map((right) => ({ right, allowed: true }));
const now = Date.UTC(2026, 10, 21);
const day = 86_400_000;

const healthy: ClusterCheckState = {
  rights: { known: true, value: rights },
  definitions: {
    known: true,
    value: new Map([
      ["v1beta1", served],
      ["v1alpha1", served],
    ]),
  },
  corefile: {
    known: true,
    value: { corefile, meshZone: "mesh.example", meshDns: ["10.96.0.53", "fd00:96::53"] },
  },
  names,
  hub: [{ what: "session with the hub", answer: "reached", message: "is open" }],
  certificate: { renewalUnixMs: now + 20 * day, expiryUnixMs: now + 30 * day },
  clockOffsetSeconds: 0.01,
};

function denying(...texts: string[]): ClusterCheckState {
  const value = rights.map((each) => {
    const { verb, resource: what } = each.right;
    return { ...each, allowed: !texts.includes(`${verb} ${what}`) };
  });
  return { ...healthy, rights: { known: true, value } };
}

function serving(version: string, group: ApiGroup | undefined): ClusterCheckState {
  const value = new Map([
    ["v1beta1", served],
    ["v1alpha1", served],
    [version, group],
  ] as const);
  return { ...healthy, definitions: { known: true, value: new Map(value) } };
}

function withCorefile(text: string, changed: Partial<ClusterCheckState> = {}): ClusterCheckState {
  const value = { corefile: text, meshZone: "mesh.example", meshDns: ["10.96.0.53"] };
  return { ...healthy, corefile: { known: true, value }, ...changed };
}

const notForwarding: NamesReport = {
  ...names,
  findings: [
    { subject: "10.96.0.10", reason: "ClusterDnsNotForwarding", message: "10.96.0.10 does not answer" },
  ],
};

const notLive: NamesReport = {
  ...names,
  replicas: [],
  findings: [{ subject: "mesh-dns-1", reason: "ReplicaNotLive", message: "serves g0" }],
};

const wellCount = 11;

test("a healthy cluster passes every check", () => {
  expect(tallyChecks(judgeCluster(healthy, now))).toEqual({
    count: { kind: "checks", desired: wellCount, observed: wellCount },
    findings: [],
  });
});

test.each<[reason: string, said: string, ClusterCheckState]>([
  ["PermissionMissing", "not granted: list nodes, watch nodes", denying("list nodes", "watch nodes")],
  [
    "DefinitionNotServed",
    "serviceexports and serviceexports/status as multicluster.x-k8s.io/v1beta1",
    serving("v1beta1", served.slice(2)),
  ],
  ["DefinitionNotServed", "v1alpha1, which mesh-dns needs", serving("v1alpha1", undefined)],
  [
    "DefinitionNotServed",
    "served as cluster-wide kind ServiceImport, by somebody else's",
    serving("v1alpha1", [resource("serviceimports", "ServiceImport", false)]),
  ],
  [
    "ZoneForeign",
    "2 blocks serve mesh.example (line 4, line 7)",
    withCorefile(`${corefile}mesh.example {\n  whoami\n}\n`),
  ],
  [
    "ZoneForeign",
    "does not forward to mesh-dns",
    withCorefile("mesh.example {\n  forward . 192.0.2.1\n}\nclusterset.local {\n  forward . 10.96.0.53\n}\n"),
  ],
  ["CorefileUnreadable", "never closed", withCorefile(".:53 {\n  errors\n")],
  ["ReplicaNotLive", "serves g0", { ...healthy, names: notLive }],
  [
    "HubUnreachable",
    "ECONNREFUSED",
    { ...healthy, hub: [{ what: "hub", answer: "failed", message: "connect ECONNREFUSED" }] },
  ],
  [
    "CertificateNotRenewed",
    "ends at",
    { ...healthy, certificate: { renewalUnixMs: now - 5 * day, expiryUnixMs: now + 5 * day } },
  ],
  [
    "CertificateNotRenewed",
    "ended at",
    { ...healthy, certificate: { renewalUnixMs: now - 20 * day, expiryUnixMs: now - day } },
  ],
  ["ClockOffset", "2.000 s ahead of the hub's", { ...healthy, clockOffsetSeconds: -2 }],
  ["CheckNotMade", "no answer", { ...healthy, rights: { known: false, why: "no answer" } }],
  [
    "CheckNotMade",
    "not there yet",
    { ...healthy, hub: [{ what: "hub", answer: "untried", message: "not there yet" }] },
  ],
])("%s: %s", (reason, said, state) => {
  const { findings } = tallyChecks(judgeCluster(state, now));
  expect(findings.map((finding) => finding.reason)).toEqual([reason]);
  expect(findings[0]?.message).toContain(said);
});

test("a zone that nobody serves is missing in each of its names, and the DNS is said not to answer", () => {
  const { findings } = tallyChecks(
    judgeCluster(withCorefile(".:53 {\n  errors\n}\n", { names: notForwarding }), now),
  );
  expect(findings.map(({ reason }) => reason)).toEqual([
    "StubMissing",
    "StubMissing",
    "ClusterDnsNotForwarding",
  ]);
});

test.each<[what: string, ClusterCheckState]>([
  [
    "a renewal that is due but not overdue",
    { ...healthy, certificate: { renewalUnixMs: now - day, expiryUnixMs: now + 9 * day } },
  ],
  [
    "zones that a person forwards by hand, the agent being kept away",
    {
      ...denying("get configmaps", "patch configmaps", "get deployments"),
      rights: {
        known: true,
        value: rights.map((each) => ({ ...each, allowed: each.right.namespace !== "kube-system" })),
      },
      corefile: { known: false, why: "403" },
    },
  ],
  [
    "zones that an imported file serves",
    withCorefile("import /etc/coredns/custom/*.server\n.:53 {\n  errors\n}\n"),
  ],
])("nothing is said against %s", (_what, state) => {
  expect(tallyChecks(judgeCluster(state, now)).findings).toEqual([]);
});

test("before it has joined, a cluster must only have the zone of imports free", () => {
  const fresh = (text: string): ClusterCheckState => ({
    ...healthy,
    names: undefined,
    certificate: undefined,
    clockOffsetSeconds: undefined,
    hub: [],
    corefile: { known: true, value: { corefile: text, meshZone: undefined, meshDns: [] } },
  });
  expect(tallyChecks(judgeCluster(fresh(".:53 {\n  errors\n}\n"), now)).findings).toEqual([]);
  const taken = fresh("clusterset.local:53 {\n  forward . 10.96.9.9\n}\n");
  expect(tallyChecks(judgeCluster(taken, now)).findings).toMatchObject([
    { reason: "ZoneForeign", subject: "zone clusterset.local in the Corefile" },
  ]);
});
