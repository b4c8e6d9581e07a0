// A small mesh for tests: a exports shop/web from two nodes, b imports it, everything has converged.

import type { Cluster } from "../../services/cli/src/views/cluster.ts";
import type { Range } from "../../services/cli/src/views/range.ts";
import type { Inputs } from "./manifests.ts";
import type { Picture } from "./picture.ts";
import type { Rendered } from "./rendered.ts";

/** The Service's route in b. */
export const prefix = "10.192.0.80/32";

const nothing: Rendered = { imports: [], nodes: new Map(), zones: new Map(), findings: [] };
const inputs: Inputs = { exports: [], namespaces: ["shop"], nodes: new Map(), endpoints: [] };

/** The converged mesh; `hops` are the rendered next hops on b1. */
export function converged(hops: readonly string[] = ["172.30.1.11", "172.30.1.12"]): Picture {
  const routes = new Map([[prefix, hops]]);
  return {
    clusters: [cluster("a"), cluster("b")],
    ranges: [range("a", "10.64.0.0/23"), range("b", "10.65.0.0/23")],
    services: [
      {
        namespace: "shop",
        name: "web",
        type: "ClusterSetIP",
        owner: "a",
        ipFamilies: ["IPv4"],
        sessionAffinity: null,
        ports: [],
        exporters: [{ cluster: "a", clusterAddresses: ["10.192.0.80"], ports: [], endpoints: "pods" }],
        exports: [{ cluster: "a", accepted: true, reason: null, conflicts: [], message: "" }],
        pods: { ready: 2, total: 2 },
      },
    ],
    names: [{ name: "a.mesh.example", kind: "zone", cluster: "a", addresses: ["10.192.0.53"] }],
    wanted: new Map([
      [
        "b",
        [
          {
            prefix,
            kind: "install",
            nextHops: ["172.30.1.11", "172.30.1.12"],
            cluster: "a",
            purpose: "shop/web",
            reason: null,
            message: null,
          },
        ],
      ],
    ]),
    rendered: new Map([
      ["a", { ...nothing, imports: ["shop/web"] }],
      [
        "b",
        {
          imports: ["shop/web"],
          nodes: new Map([["b1", routes]]),
          zones: new Map([["a.mesh.example", ["10.192.0.53:1053"]]]),
          findings: [],
        },
      ],
    ]),
    inputs: new Map([
      ["a", { ...inputs, exports: ["shop/web"] }],
      ["b", { ...inputs, nodes: new Map([["b1", ["172.30.2.11"]]]) }],
    ]),
  };
}

/** A range of cluster d that was refused. */
export const refused: Range = {
  ...range("d", "10.64.1.0/24"),
  state: "quarantined",
  reason: "RangeOverlap",
  owner: "a",
  ownerPrefix: "10.64.0.0/23",
  overlap: "10.64.1.0/24",
  free: "10.64.2.0/24",
};

function cluster(name: string): Cluster {
  return {
    name,
    agent: "ready",
    lastSeen: null,
    version: null,
    address: null,
    asn: null,
    awaited: [],
    nodes: 1,
    exports: name === "a" ? 1 : 0,
    ranges: { admitted: 1, quarantined: 0 },
    shardsWanted: 1,
    frames: { sent: 1, acknowledged: 1 },
    clockOffsetSeconds: null,
    reports: [{ node: null, observedAt: null, counts: [], findings: [] }],
  };
}

function range(of: string, text: string): Range {
  return {
    prefix: text,
    cluster: of,
    kind: "pod",
    source: "",
    state: "admitted",
    reason: null,
    owner: null,
    ownerPrefix: null,
    overlap: null,
    free: null,
  };
}
