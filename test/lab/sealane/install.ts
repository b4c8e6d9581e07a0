// Puts Sealane into one cluster from the shipped manifests, as an administrator would: definitions, the join
// Secret, the image on every node, then everything else.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { stringify } from "yaml";
import type { BuiltImage } from "../../../deploy/images/build.ts";
import { importImage } from "../cluster/node.ts";
import { imageNames } from "../images/names.ts";
import type { LabCluster } from "../lab.ts";
import { machineState, repository, sealaneDirectory } from "../paths.ts";
import { run } from "../run.ts";
import { sealane } from "./cli.ts";
import { hubSessions } from "./hub.ts";
import { applyFolder, applyText, tryKubectl } from "./kubectl.ts";

const namespace = "sealane-system";
const overlay = join(sealaneDirectory, "manifests");

/** Writes the kustomization that all clusters of the lab are given: the shipped one with the lab's images. */
export async function writeOverlay(image: BuiltImage): Promise<void> {
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
}

/** Installs Sealane, or brings what is installed to the image's and the manifests' present state. */
export async function install(cluster: LabCluster, image: BuiltImage): Promise<void> {
  // A pod that finds no image waits ever longer before it looks again.
  await Promise.all([loadImageOnce(cluster, image), prepare(cluster)]);
  await applyFolder(cluster, overlay);
}

async function prepare(cluster: LabCluster): Promise<void> {
  await installDefinitions(cluster);
  await applyText(cluster, await readFile(join(repository, "deploy/manifests/namespace.yaml"), "utf8"));
  const found = await tryKubectl(cluster, ["--namespace", namespace, "get", "secret", "sealane-join"]);
  if (found.status === 0) return;
  await applyText(
    cluster,
    stringify({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "sealane-join", namespace },
      stringData: {
        hub: hubSessions,
        token: (await sealane("token", "create", cluster.name)).trim(),
      },
    }),
  );
}

/** As a person does, before anything of Sealane runs there. */
async function installDefinitions(cluster: LabCluster): Promise<void> {
  const agent = join(repository, "agents/cluster/src/main.ts");
  const { status, stdout, stderr } = await run([
    process.execPath,
    agent,
    "definitions",
    `--kubeconfig=${cluster.kubeconfig}`,
  ]);
  if (status !== 0)
    throw new Error(`Cannot install the definitions into ${cluster.name}: ${stdout}${stderr}`);
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
