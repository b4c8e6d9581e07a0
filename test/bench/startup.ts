// How long a lab takes from nothing: bare until every cluster is ready, whole until the first fetch from one cluster to
// another's pods through both names.

import { down, openLab, parseUpOptions, up, waitUntil } from "../lab/index.ts";
import { deploySealane } from "../lab/sealane.ts";
import { applyText, clusterOf, fetchFromPod, openStory } from "../scenarios/story.ts";
import { webManifest } from "../scenarios/workloads.ts";

/** Takes any lab down, starts one of three clusters with two nodes each, and prints seconds since the start. */
export async function startup(): Promise<void> {
  await down();
  const started = performance.now();
  const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
  await up(parseUpOptions({ clusters: "a,b,c", nodes: ["2"], podRange: [], serviceRange: [] }));
  console.log(`bare clusters ready: ${seconds()} s`);
  const bare = await openLab();
  await deploySealane(bare);
  console.log(`Sealane settled: ${seconds()} s`);
  const lab = await openStory({ nodesOfA: 2 });
  await applyText(clusterOf(lab, "a"), webManifest("web", ["a1", "a2"]));
  for (const name of ["web.shop.svc.a.mesh.example", "web.shop.svc.clusterset.local"]) {
    await waitUntil({ what: `an answer from ${name}`, timeoutMs: 120_000, intervalMs: 200 }, async () => {
      const [answer] = await fetchFromPod(clusterOf(lab, "b"), "tcp", `http://${name}/`);
      return answer !== undefined;
    });
    console.log(`first fetch from b through ${name}: ${seconds()} s`);
  }
}
