// The last pass over the cluster's names as checks: does its DNS answer, does each replica of mesh-dns serve the
// newest generation. The findings are the pass's own. Pure.

import type { CheckReason, CheckResult } from "@sealane/core";
import { well, wrong } from "@sealane/core";
import type { DnsReason } from "../dns/findings.ts";
import type { NamesReport } from "../dns/publish.ts";

/** Nothing before there is a generation to serve. */
export function judgeNames({ generation, replicas, findings }: NamesReport): readonly CheckResult[] {
  if (generation === undefined) return [];
  const of = (...reasons: readonly (DnsReason & CheckReason)[]) =>
    findings.flatMap(({ subject, reason, message }) => {
      const asked = reasons.find((each) => each === reason);
      return asked === undefined ? [] : [wrong(subject, asked, message)];
    });
  const dns = of("ClusterDnsNotForwarding");
  const live = replicas.filter(({ state }) => state.kind === "live");
  return [
    ...(dns.length > 0 ? dns : [well("cluster DNS", "answers the mesh's zone")]),
    ...of("ReplicaMissing", "ReplicaNotLive"),
    ...live.map(({ replica }) => well(replica.name, `serves generation ${generation}`)),
  ];
}
