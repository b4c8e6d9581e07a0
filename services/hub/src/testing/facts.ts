// Facts of small clusters, for tests.

import type { ClusterFact, ExportFact, ReachFact } from "@sealane/core";
import type { TestAgent } from "./agent.ts";

/** A cluster with one pod range `10.<number>.0.0/16`, one service range, one node range. */
export function clusterFact(number: number): ClusterFact {
  return {
    incarnation: `incarnation-${number}`,
    ranges: [
      { prefix: `10.${number}.0.0/16`, kind: "pod", source: "Node/x.spec.podCIDRs" },
      { prefix: `10.${100 + number}.0.0/16`, kind: "service", source: "ServiceCIDR/kubernetes" },
      { prefix: `192.0.2.${number * 16}/28`, kind: "node", source: "Node/x.status.addresses" },
    ],
    dnsAddresses: [`10.${100 + number}.0.10`],
    dnsPort: 1053,
    clusterDnsAddresses: [`10.${100 + number}.0.2`],
    version: "test",
  };
}

/** An export whose Service has `10.<100 + number>.0.80`. */
export function exportFact(number: number): ExportFact {
  return {
    uid: `uid-${number}`,
    createdAt: 1_700_000_000 + number,
    type: "ClusterSetIP",
    clusterAddresses: [`10.${100 + number}.0.80`],
    ipFamilies: ["IPv4"],
    ports: [{ name: "http", protocol: "TCP", port: 80, appProtocol: "" }],
    sessionAffinity: "None",
    sessionAffinityTimeoutSeconds: 0,
    internalTrafficPolicy: "Cluster",
    trafficDistribution: "",
    labels: {},
    annotations: {},
    endpoints: "pods",
  };
}

/** One pod `10.<number>.0.5`. */
export function reachFact(number: number, ready = true): ReachFact {
  const pod = {
    addresses: [`10.${number}.0.5`],
    ready,
    serving: ready,
    terminating: false,
    hostname: "",
    pod: "web-0",
  };
  return {
    zone: "",
    groups: [{ ports: [{ name: "http", protocol: "TCP", port: 8080, appProtocol: "" }], pods: [pod] }],
  };
}

/** Says a whole cluster: ranges, a node, a namespace, one export with one pod. */
export function sayCluster(agent: TestAgent, number: number): void {
  agent.say("cluster", { key: "" }, clusterFact(number));
  agent.say(
    "node",
    { key: "n1" },
    {
      addresses: [`192.0.2.${number * 16 + 1}`],
      podPrefixes: [`10.${number}.0.0/24`],
      ready: true,
      zone: "",
    },
  );
  agent.say("namespace", { key: "shop" }, {});
  agent.say("export", { namespace: "shop", key: "web" }, exportFact(number));
  agent.say("reach", { namespace: "shop", key: "web/n1" }, reachFact(number));
  agent.completeAll("shop");
}
