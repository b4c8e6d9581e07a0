// The documents of the lab's hub: one ClusterSet, and a Cluster for each that runs. Pure.

import { stringify } from "yaml";
import type { ClusterPlan } from "../topology.ts";

/** The zone above every cluster's own: `a.mesh.example`. */
const meshZone = "mesh.example";

/** The hub's documents as one YAML file. Free ranges are offered where no cluster of the lab lies by default. */
export function hubDocuments(clusters: readonly ClusterPlan[]): string {
  const apiVersion = "sealane.dev/v1alpha1";
  const set = {
    apiVersion,
    kind: "ClusterSet",
    metadata: { name: "lab" },
    spec: {
      meshZone,
      pools: [
        { kind: "pod", prefix: "10.160.0.0/11" },
        { kind: "pod", prefix: "fd00:11::/32" },
        { kind: "service", prefix: "10.192.0.0/11" },
        { kind: "service", prefix: "fd00:12::/32" },
      ],
      reserved: ["192.168.0.0/16"],
    },
  };
  const documents = clusters.map(({ name, asn }) => ({
    apiVersion,
    kind: "Cluster",
    metadata: { name },
    spec: { asn, topology: "l2" },
  }));
  return [set, ...documents].map((document) => stringify(document)).join("---\n");
}
