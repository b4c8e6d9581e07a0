// Puts Sealane onto a lab: the hub on its host, and agent, speakers and mesh-dns into every cluster from the
// shipped manifests. It is done when everybody reports that everything is as wanted.

import { objectPath, resources } from "../../agents/cluster/src/kube/resource.ts";
import { buildSealaneImage } from "../../deploy/images/build.ts";
import { asAdministrator } from "./cluster/administrator.ts";
import { waitUntilRolledOut } from "./cluster/rollout.ts";
import type { Lab, LabCluster } from "./lab.ts";
import { writeMachineFiles } from "./machine/files.ts";
import { say, step } from "./progress.ts";
import { sealane } from "./sealane/cli.ts";
import { startHub } from "./sealane/hub.ts";
import { install, renderManifests } from "./sealane/install.ts";
import { missingIn } from "./sealane/settled.ts";
import type { ReportedCluster } from "./sealane/settled.ts";
import { waitUntil } from "./wait.ts";

const settleTimeoutMs = 180_000;
const rolloutTimeoutMs = 180_000;
const namespace = "sealane-system";
const workloads = ["deployments/sealane-agent", "daemonsets/sealane-speaker", "deployments/mesh-dns"];

/** Deploys Sealane onto the lab, or brings what is deployed to the checkout's present state. */
export async function deploySealane(lab: Lab): Promise<void> {
  const image = await buildSealaneImage();
  const [manifests] = await Promise.all([
    renderManifests(image),
    step("starting the hub", () => startHub(lab, image.key)),
  ]);
  await Promise.all(
    lab.clusters.map((cluster) =>
      step(`installing Sealane into cluster ${cluster.name}`, () => install(cluster, image, manifests)),
    ),
  );
  await step("rolling out", () => Promise.all(lab.clusters.map(rollOut)));
  await step("waiting for agents, speakers and mesh-dns", () => waitUntilSettled(lab));
  await pointOutsideAtMesh(lab);
  say("Sealane is up; ask it: SEALANE_CONFIG=.lab/sealane/config.yaml npm run -s sealane -- status");
}

function rollOut(cluster: LabCluster): Promise<void> {
  return asAdministrator(cluster, (client) =>
    waitUntilRolledOut(client, namespace, workloads, rolloutTimeoutMs),
  );
}

/** Gives the host outside every cluster the first cluster's mesh-dns as its resolver, by its Service's addresses. */
async function pointOutsideAtMesh(lab: Lab): Promise<void> {
  const [cluster] = lab.clusters;
  if (cluster === undefined) return;
  const path = objectPath(resources.services, namespace, "mesh-dns");
  const service = (await asAdministrator(cluster, (client) => client.request("GET", path))) as {
    readonly spec: { readonly clusterIPs: readonly string[] };
  };
  const lines = service.spec.clusterIPs.map((address) => `nameserver ${address}\n`);
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
      intervalMs: 250,
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
