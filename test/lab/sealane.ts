// Puts Sealane onto a lab: the hub on its host, and agent, speakers and mesh-dns into every cluster from the
// shipped manifests. It is done when everybody reports that everything is as wanted.

import { buildSealaneImage } from "../../deploy/images/build.ts";
import type { Lab, LabCluster } from "./lab.ts";
import { writeMachineFiles } from "./machine/files.ts";
import { say, step } from "./progress.ts";
import { sealane } from "./sealane/cli.ts";
import { startHub } from "./sealane/hub.ts";
import { install, writeOverlay } from "./sealane/install.ts";
import { kubectl } from "./sealane/kubectl.ts";
import { missingIn } from "./sealane/settled.ts";
import type { ReportedCluster } from "./sealane/settled.ts";
import { waitUntil } from "./wait.ts";

const settleTimeoutMs = 180_000;
const rolloutTimeoutMs = 180_000;

/** Deploys Sealane onto the lab, or brings what is deployed to the checkout's present state. */
export async function deploySealane(lab: Lab): Promise<void> {
  const image = await buildSealaneImage();
  await writeOverlay(image);
  await step("starting the hub", () => startHub(lab, image.key));
  await Promise.all(
    lab.clusters.map((cluster) =>
      step(`installing Sealane into cluster ${cluster.name}`, () => install(cluster, image)),
    ),
  );
  await step("rolling out", () => Promise.all(lab.clusters.map(waitUntilRolledOut)));
  await step("waiting for agents, speakers and mesh-dns", () => waitUntilSettled(lab));
  await pointOutsideAtMesh(lab);
  say("Sealane is up; ask it: SEALANE_CONFIG=.lab/sealane/config.yaml npm run -s sealane -- status");
}

/** Waits until every pod of a cluster runs what was applied: a report of an older one says nothing. */
async function waitUntilRolledOut(cluster: LabCluster): Promise<void> {
  for (const workload of ["deployment/sealane-agent", "daemonset/sealane-speaker", "deployment/mesh-dns"]) {
    const timeout = `--timeout=${rolloutTimeoutMs / 1000}s`;
    await kubectl(
      cluster,
      ["-n", "sealane-system", "rollout", "status", workload, timeout],
      rolloutTimeoutMs,
    );
  }
}

/** Gives the host outside every cluster the first cluster's mesh-dns as its resolver, by its Service's addresses. */
async function pointOutsideAtMesh(lab: Lab): Promise<void> {
  const [cluster] = lab.clusters;
  if (cluster === undefined) return;
  const path = "jsonpath={.spec.clusterIPs[*]}";
  const addresses = await kubectl(cluster, [
    "-n",
    "sealane-system",
    "get",
    "service",
    "mesh-dns",
    "-o",
    path,
  ]);
  const lines = addresses
    .trim()
    .split(" ")
    .map((address) => `nameserver ${address}\n`);
  await writeMachineFiles(lab.outside.name, "/etc", { "resolv.conf": lines.join("") });
}

/** Waits until the hub was told that everything is as wanted everywhere, and says what is missing meanwhile. */
export async function waitUntilSettled(lab: Lab): Promise<void> {
  let told = "";
  const tell = (missing: string) => {
    if (missing !== told && missing !== "") say(`still missing: ${missing}`);
    told = missing;
  };
  await waitUntil(
    {
      what: "agents, speakers and mesh-dns to report (kubectl --context a -n sealane-system get pods)",
      timeoutMs: settleTimeoutMs,
      intervalMs: 500,
    },
    async () => {
      const { items }: { readonly items: readonly ReportedCluster[] } = JSON.parse(
        await sealane("get", "clusters", "-o", "json"),
      );
      const missing = lab.clusters.flatMap(({ plan }) => missingIn(plan, items)).join("; ");
      tell(missing);
      if (missing !== "") throw new Error(`still missing: ${missing}`);
      return true;
    },
  );
}
