// Puts the cluster's own DNS in place: real CoreDNS as a Deployment, as kubeadm leaves it. What Sealane
// later adds to its Corefile is not the lab's.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { imageNames } from "../images/names.ts";
import { output } from "../run.ts";
import type { ClusterPlan } from "../topology.ts";

/** Applies cluster DNS with the programs and access given. It does not wait for its pods. */
export async function applyClusterDns(plan: ClusterPlan, kubectl: string, kubeconfig: string): Promise<void> {
  const manifest = await readFile(join(import.meta.dirname, "dns.yaml"), "utf8");
  await output(
    [kubectl, `--kubeconfig=${kubeconfig}`, "apply", "--server-side", "--field-manager=lab", "--filename=-"],
    {
      input: manifest
        .replaceAll("ADDRESS_V4", plan.dns.v4)
        .replaceAll("ADDRESS_V6", plan.dns.v6)
        .replaceAll("IMAGE", imageNames.coredns),
    },
  );
}
