// The lab itself, as people use it: a terminal in a pod, and an image of one's own.

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { loadImage, output, program } from "../lab/index.ts";
import type { Lab, LabCluster } from "../lab/index.ts";
import { applyText, clusterOf, kubectl, openStory, shop } from "./story.ts";

let lab: Lab;
let a: LabCluster;

beforeAll(async () => {
  lab = await openStory();
  a = clusterOf(lab, "a");
});

describe("the lab", () => {
  it("gives a terminal in a pod", async () => {
    const command = `${program("kubectl")} --kubeconfig=${a.kubeconfig} -n ${shop} exec -it client -- tty`;
    const { stdout } = await promisify(execFile)("script", ["-qec", command, "/dev/null"], {
      timeout: 30_000,
    });
    expect(stdout.trim()).toMatch(/^\/dev\/pts\/\d+$/);
  });

  it("runs an image from a docker-archive that it did not write", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sealane-archive-"));
    try {
      await loadImage([a], await foreignArchive(folder));
      await applyText(a, foreignPod);
      const waited = await kubectl(a, [
        ...["-n", shop, "wait", "pod/foreign", "--for=condition=Ready", "--timeout=60s"],
      ]);
      expect(waited).toContain("pod/foreign condition met");
      await kubectl(a, ["-n", shop, "delete", "pod", "foreign", "--grace-period=0", "--force"]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** By plain tar, with the layer in a folder of its own as `docker save` writes it. */
async function foreignArchive(folder: string): Promise<string> {
  const layer = join(folder, "abc");
  await output(["mkdir", "-p", join(folder, "root/bin"), join(folder, "root/tmp"), layer]);
  await output(["cp", program("respond"), join(folder, "root/bin/respond")]);
  await output(["tar", "-C", join(folder, "root"), "-cf", join(layer, "layer.tar"), "."]);
  const digest = (await output(["sha256sum", join(layer, "layer.tar")])).split(" ")[0] ?? "";
  const config = {
    architecture: "amd64",
    os: "linux",
    config: { Entrypoint: ["/bin/respond"] },
    rootfs: { type: "layers", diff_ids: [`sha256:${digest}`] },
  };
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  const manifest = [{ Config: "config.json", RepoTags: ["example/foreign:1"], Layers: ["abc/layer.tar"] }];
  await writeFile(join(folder, "manifest.json"), JSON.stringify(manifest));
  const archive = join(folder, "foreign.tar");
  await output(["tar", "-C", folder, "-cf", archive, "manifest.json", "config.json", "abc"]);
  return archive;
}

const foreignPod = `
apiVersion: v1
kind: Pod
metadata:
  name: foreign
  namespace: ${shop}
spec:
  containers:
    - name: foreign
      image: example/foreign:1
      imagePullPolicy: Never
`;
