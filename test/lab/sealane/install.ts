// Puts Sealane into one cluster from the shipped manifests, as an administrator would: definitions, the join
// Secret, the image on every node, then everything else.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { stringify } from "yaml";
import { installAll } from "../../../agents/cluster/src/definitions/install.ts";
import { reportText, statusOf } from "../../../agents/cluster/src/definitions/report.ts";
import { readShipped } from "../../../agents/cluster/src/definitions/shipped.ts";
import type { KubeClient } from "../../../agents/cluster/src/kube/client.ts";
import { hasStatus } from "../../../agents/cluster/src/kube/error.ts";
import { objectPath, resources } from "../../../agents/cluster/src/kube/resource.ts";
import type { BuiltImage } from "../../../deploy/images/build.ts";
import { asAdministrator } from "../cluster/administrator.ts";
import { applyManifests, parseManifests } from "../cluster/apply.ts";
import type { Manifest } from "../cluster/apply.ts";
import { importImage } from "../cluster/node.ts";
import { imageNames } from "../images/names.ts";
import { program } from "../lab.ts";
import type { LabCluster } from "../lab.ts";
import { machineState, repository, sealaneDirectory } from "../paths.ts";
import { output } from "../run.ts";
import { sealane } from "./cli.ts";
import { hubSessions } from "./hub.ts";

/** Owner of every field that the lab applies. */
const fieldManager = "lab";
const namespace = "sealane-system";
const overlay = join(sealaneDirectory, "manifests");

/** The manifests that all clusters of the lab are given: the shipped kustomization with the lab's images. */
export async function renderManifests(image: BuiltImage): Promise<readonly Manifest[]> {
  const [coredns = "", corednsTag] = imageNames.coredns.split(":");
  await mkdir(overlay, { recursive: true });
  await writeFile(
    join(overlay, "kustomization.yaml"),
    stringify({
      apiVersion: "kustomize.config.k8s.io/v1beta1",
      kind: "Kustomization",
      resources: [relative(overlay, join(repository, "deploy/manifests"))],
      images: [{ name: "coredns/coredns", newName: coredns, newTag: corednsTag }],
      // The image's name stays while its content changes: pods must still be replaced.
      patches: [
        {
          target: { kind: "Deployment|DaemonSet" },
          patch: stringify([
            {
              op: "add",
              path: "/spec/template/metadata/annotations",
              value: { "sealane.dev/image": image.key },
            },
          ]),
        },
      ],
    }),
  );
  return parseManifests(await output([program("kubectl"), "kustomize", overlay]));
}

/** Installs Sealane, or brings what is installed to the image's and the manifests' present state. */
export function install(
  cluster: LabCluster,
  image: BuiltImage,
  manifests: readonly Manifest[],
): Promise<void> {
  return asAdministrator(cluster, async (client) => {
    // A pod that finds no image waits ever longer before it looks again.
    await Promise.all([loadImageOnce(cluster, image), prepare(client, cluster, manifests)]);
    // What the lab applies is the lab's, whatever a story that was broken off left changed.
    await applyManifests(client, fieldManager, manifests);
  });
}

/** What is to be there before anything of Sealane runs. */
async function prepare(
  client: KubeClient,
  cluster: LabCluster,
  manifests: readonly Manifest[],
): Promise<void> {
  await ensureDefinitions(client, cluster);
  await applyManifests(
    client,
    fieldManager,
    manifests.filter(({ kind }) => kind === "Namespace"),
  );
  if (await exists(client, objectPath(resources.secrets, namespace, "sealane-join"))) return;
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "sealane-join", namespace },
    stringData: {
      hub: hubSessions,
      token: (await sealane("token", "create", cluster.name)).trim(),
    },
  };
  await applyManifests(client, fieldManager, [secret]);
}

/** As the command "definitions" does, whose own tests run it as a person does. */
async function ensureDefinitions(client: KubeClient, cluster: LabCluster): Promise<void> {
  const outcomes = await installAll(client, await readShipped(), "apply");
  if (statusOf(outcomes) !== 0)
    throw new Error(`Cannot install the definitions into ${cluster.name}: ${reportText(outcomes, "apply")}`);
}

async function exists(client: KubeClient, path: string): Promise<boolean> {
  try {
    await client.request("GET", path);
    return true;
  } catch (error) {
    if (hasStatus(error, 404)) return false;
    throw error;
  }
}

/** Imports the image into the nodes that do not have this content of it. */
async function loadImageOnce(cluster: LabCluster, image: BuiltImage): Promise<void> {
  await Promise.all(
    cluster.nodes.map(async (machine) => {
      const marker = join(machineState(machine.name), "sealane-image");
      if ((await readFile(marker, "utf8").catch(() => "")) === image.key) return;
      await importImage(machine, image.archive);
      await writeFile(marker, image.key);
    }),
  );
}
