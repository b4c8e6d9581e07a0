// A cluster for tests of the hub's answers: joins with a token and speaks for itself with the agent's own code,
// but observes nothing: its facts are given.

import { nowUnixUs } from "@sealane/wire";
import { ShardTable } from "@sealane/wire";
import type { Report, SessionState } from "@sealane/wire";
import type { ClusterFact, ExportFact, NodeFact, ReachFact } from "@sealane/core";
import { FactTable } from "../../agents/cluster/src/link/fact-table.ts";
import { openHubSession } from "../../agents/cluster/src/link/hub-session.ts";
import { join } from "../../agents/cluster/src/link/join.ts";

/** What a cluster says of itself; it has one namespace and in it one exported service. */
export interface MemberFacts {
  readonly cluster: ClusterFact;
  readonly nodes: Readonly<Record<string, NodeFact>>;
  readonly namespace: string;
  readonly exports: Readonly<Record<string, ExportFact>>;
  /** By `service/node`. */
  readonly reach: Readonly<Record<string, ReachFact>>;
}

/** A cluster with an open session. */
export interface TestMember {
  readonly credentials: Awaited<ReturnType<typeof join>>["credentials"];
  readonly state: () => SessionState["state"];
  readonly report: (report: Omit<Report, "observedUnixUs">) => void;
  /** Ends the session; the cluster is silent from then on. */
  readonly close: () => void;
}

/** Buys a certificate with the token and opens a session that says the facts. */
export async function joinMember(hub: string, token: string, facts: MemberFacts): Promise<TestMember> {
  const { cluster, credentials } = await join(hub, token);
  const table = factTable(cluster, facts);
  let state: SessionState["state"] = "connecting";
  const session = openHubSession({
    membership: () => ({ cluster, hub, credentials }),
    epoch: 1n,
    facts: table,
    received: new ShardTable(),
    onChanges: () => undefined,
    isLacking: () => false,
    onCaughtUp: () => undefined,
    onState: (next) => (state = next.state),
  });
  return {
    credentials,
    state: () => state,
    report: (report) => session.report({ ...report, observedUnixUs: nowUnixUs() }),
    close: () => session.close(),
  };
}

function factTable(origin: string, facts: MemberFacts): FactTable {
  const table = new FactTable(1n);
  const observedUnixUs = nowUnixUs();
  const { namespace } = facts;
  const wide = { origin, namespace: "" } as const;
  const inside = { origin, namespace } as const;
  table.apply([{ shard: { kind: "cluster", ...wide }, key: "", value: facts.cluster, observedUnixUs }]);
  table.apply([{ shard: { kind: "namespace", ...wide }, key: namespace, value: {}, observedUnixUs }]);
  for (const [key, value] of Object.entries(facts.nodes)) {
    table.apply([{ shard: { kind: "node", ...wide }, key, value, observedUnixUs }]);
  }
  for (const [key, value] of Object.entries(facts.exports)) {
    table.apply([{ shard: { kind: "export", ...inside }, key, value, observedUnixUs }]);
  }
  for (const [key, value] of Object.entries(facts.reach)) {
    table.apply([{ shard: { kind: "reach", ...inside }, key, value, observedUnixUs }]);
  }
  table.complete([
    { kind: "cluster", ...wide },
    { kind: "namespace", ...wide },
    { kind: "node", ...wide },
    { kind: "export", ...inside },
    { kind: "reach", ...inside },
  ]);
  return table;
}
