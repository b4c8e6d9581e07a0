// A fourth cluster joins, takes part, and leaves by one command: its objects, its kernels' routes and its Corefile are as
// before it joined, but for what the command said; the others have nothing of it; a new token brings it back.

import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { downClusters, openLab, outputOn, parseUpOptions, up, waitFor, waitUntil } from "../lab/index.ts";
import type { Lab, LabCluster } from "../lab/index.ts";
import { repository } from "../lab/paths.ts";
import { deploySealane } from "../lab/sealane.ts";
import { invokeSealane } from "../lab/sealane/cli.ts";
import { applyFolder } from "../lab/sealane/kubectl.ts";
import { compareSnapshots, takeSnapshot } from "./cluster-snapshot.ts";
import type { Snapshot, SnapshotDiff } from "./cluster-snapshot.ts";
import {
  applyText,
  clusterOf,
  fetchFromPod,
  kubectl,
  nextHops,
  openStory,
  serviceAddresses,
  shop,
} from "./story.ts";
import { shopManifest } from "./story.ts";
import { webManifest } from "./workloads.ts";

/** A cluster is built, joined and rolled out within it. */
const joinTimeoutMs = 400_000;
const name = "parting";
const system = "sealane-system";

let lab: Lab;
let d: LabCluster;
let before: Snapshot;

beforeAll(async () => {
  lab = await openStory();
  if (lab.clusters.some((cluster) => cluster.name === "d")) await downClusters(["d"]);
  await up(parseUpOptions({ clusters: "a,b,c,d", nodes: ["2", "a=3"], podRange: [], serviceRange: [] }));
  lab = await openLab();
  d = clusterOf(lab, "d");
  await applyFolder(d, join(repository, "deploy/crds"));
  await applyText(d, shopManifest);
  await waitUntil(
    { what: "ServiceExports to be served in d", timeoutMs: 60_000, intervalMs: 500 },
    async () => {
      await applyText(d, webManifest(name, ["d1", "d2"]));
      return true;
    },
  );
  await kubectl(d, ["-n", shop, "rollout", "status", `deployment/${name}`, "--timeout=90s"]);
  await kubectl(d, ["-n", shop, "wait", "pod/client", "--for=condition=Ready", "--timeout=60s"]);
  before = await settledSnapshot(d);
}, joinTimeoutMs);

afterAll(async () => {
  if ((await openLab()).clusters.some((cluster) => cluster.name === "d")) await downClusters(["d"]);
});

describe("cluster d", () => {
  it(
    "joins and takes part",
    async () => {
      await deploySealane(lab);
      await takesPart();
      const { added } = compareSnapshots(before, await takeSnapshot(d));
      expect(added.some((what) => what.startsWith("ServiceImport "))).toBe(true);
    },
    joinTimeoutMs,
  );

  it("leaves by one command, which says what stays", async () => {
    const addresses = await serviceAddresses(d, name);
    const startedAt = performance.now();
    const { exitCode, stdout, stderr } = await invokeSealane(["leave", "d", "--within", "90s"]);
    console.log(`left after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s\n${stderr}${stdout}`);
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("cluster/d left"),
    });
    for (const said of [
      "ServiceExports",
      "CustomResourceDefinitions",
      `Namespace ${system}`,
      "BIRD on the nodes",
    ])
      expect(stdout).toContain(`  ${said}`);
    for (const node of ["a", "b", "c"].flatMap((other) => clusterOf(lab, other).nodes)) {
      for (const address of addresses) expect(await nextHops(node, address)).toEqual([]);
    }
    expect(await clustersAtHub()).toEqual(["a", "b", "c"]);
  }, 120_000);

  it("is as it was before it joined, but for what was said to stay", async () => {
    // mesh-dns stays with the manifests, and each of its pods has a link on its node.
    const links = await linksOfPods(d, system);
    const isRest = (diff: SnapshotDiff) => diff.changed.every((change) => addsLinks(change, links));
    const diff = await untilDiff((found) => isRest(found) && found.added.every(isSaid));
    expect(diff.removed).toEqual([]);
    expect(diff.changed.filter((change) => !addsLinks(change, links))).toEqual([]);
    expect(diff.added.filter((what) => !isSaid(what))).toEqual([]);
    console.log(
      `stays: ${diff.added.length} objects, all of deploy/manifests or in namespace ${system}, and the links of ${links.length} pods of mesh-dns`,
    );
  }, 60_000);

  it("says so in the agent's log and readiness", async () => {
    await waitUntil(
      { what: "the agent to say that it left", timeoutMs: 30_000, intervalMs: 500 },
      async () => {
        const text = await kubectl(d, [
          "-n",
          system,
          "logs",
          "-l",
          "app.kubernetes.io/name=sealane-agent",
          "--tail=-1",
        ]);
        return text.includes('This cluster left the mesh as \\"d\\"');
      },
    );
    const path = "jsonpath={.items[*].status.containerStatuses[0].ready}";
    const label = ["-l", "app.kubernetes.io/name=sealane-agent"];
    await waitUntil({ what: "an agent that is not ready", timeoutMs: 40_000, intervalMs: 500 }, async () =>
      (await kubectl(d, ["-n", system, "get", "pods", ...label, "-o", path])).includes("false"),
    );
  }, 90_000);

  it(
    "comes back with a new token, and only with it",
    async () => {
      const token = (await invokeSealane(["token", "create", "d"])).stdout.trim();
      const patch = JSON.stringify({ stringData: { token } });
      await kubectl(d, ["-n", system, "patch", "secret", "sealane-join", "--type=merge", "-p", patch]);
      await takesPart();
      const clusters = await clustersAtHub();
      expect(clusters).toContain("d");
    },
    joinTimeoutMs,
  );

  it("leaves nothing at all once what was said to stay is deleted", async () => {
    const { exitCode } = await invokeSealane(["leave", "d", "--within", "90s"]);
    expect(exitCode).toBe(0);
    await kubectl(d, ["delete", "--kustomize", join(repository, "deploy/manifests"), "--timeout=100s"]);
    const diff = await untilDiff(isEmpty);
    expect(diff).toEqual({ added: [], removed: [], changed: [] });
  }, 240_000);
});

/** b reaches d's service, by name and by route; d imports what the others export. */
async function takesPart(): Promise<void> {
  const b = clusterOf(lab, "b");
  const addresses = await serviceAddresses(d, name);
  await waitUntil({ what: "b to reach d's service", timeoutMs: 240_000, intervalMs: 500 }, async () => {
    for (const node of b.nodes)
      for (const address of addresses) if ((await nextHops(node, address)).length !== 2) return false;
    const [answer] = await fetchFromPod(b, "tcp4", `http://${name}.${shop}.svc.d.mesh.example/`);
    return answer?.pod.startsWith(`${name}-`) ?? false;
  });
}

async function clustersAtHub(): Promise<string[]> {
  const { stdout } = await invokeSealane(["get", "clusters", "-o", "json"]);
  return (JSON.parse(stdout) as { items: { name: string }[] }).items.map((it) => it.name);
}

/** Twice the same: controllers have finished what was begun. */
async function settledSnapshot(cluster: LabCluster): Promise<Snapshot> {
  let last = await takeSnapshot(cluster);
  return waitFor({ what: "the cluster to settle", timeoutMs: 60_000, intervalMs: 2_000 }, async () => {
    const now = await takeSnapshot(cluster);
    const same = isEmpty(compareSnapshots(last, now));
    last = now;
    return same ? now : undefined;
  });
}

/** The difference to before joining, as soon as it is as expected, or else as it is in the end. */
async function untilDiff(isExpected: (diff: SnapshotDiff) => boolean): Promise<SnapshotDiff> {
  let diff = compareSnapshots(before, await takeSnapshot(d));
  await waitUntil({ what: "the cluster to be as before", timeoutMs: 30_000, intervalMs: 1_000 }, async () => {
    diff = compareSnapshots(before, await takeSnapshot(d));
    return isExpected(diff);
  }).catch(() => undefined);
  return diff;
}

function isEmpty({ added, removed, changed }: SnapshotDiff): boolean {
  return added.length + removed.length + changed.length === 0;
}

interface Link {
  readonly node: string;
  readonly device: string;
}

/** Links of a namespace's pods, found by the routes to their addresses. */
async function linksOfPods(cluster: LabCluster, namespace: string): Promise<Link[]> {
  const path = "jsonpath={.items[*].status.podIPs[*].ip}";
  const addresses = (await kubectl(cluster, ["-n", namespace, "get", "pods", "-o", path])).split(" ");
  const found = await Promise.all(
    cluster.nodes.map(async (node) => {
      const routes = await outputOn(node, ["ip", "-4", "route"]);
      return routes.split("\n").flatMap((line): Link[] => {
        const [, address = "", device] = /^(\S+) dev (veth\S+)/.exec(line) ?? [];
        return device === undefined || !addresses.includes(address) ? [] : [{ node: node.name, device }];
      });
    }),
  );
  return found.flat();
}

/** Whether a node has nothing less than before, and nothing more than these links. */
function addsLinks(
  { what, before: was, after: is }: SnapshotDiff["changed"][number],
  links: readonly Link[],
): boolean {
  const [kind, node] = what.split(" ");
  const devices = links.filter((link) => link.node === node).map(({ device }) => device);
  const lines = is.split("\n").filter((line) => !devices.some((device) => line.includes(` dev ${device} `)));
  return kind === "routes" && lines.join("\n") === was;
}

/** Of deploy/manifests: in its namespace, or one of its few objects elsewhere. */
function isSaid(what: string): boolean {
  const [kind = "", of = ""] = what.split(" ");
  if (of === system || of.startsWith(`${system}/`)) return true;
  return (
    /^(?:ClusterRole|ClusterRoleBinding|ValidatingAdmissionPolicy|ValidatingAdmissionPolicyBinding|Role|RoleBinding)$/.test(
      kind,
    ) && /(?:^|\/)(?:sealane-agent|sealane-agent-(?:addresses|dns-stub)|mesh-dns)$/.test(of)
  );
}
