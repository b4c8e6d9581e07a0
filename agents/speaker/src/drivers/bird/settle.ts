// Waits until BIRD and the kernel show what was asked for, by reading both again and again until a deadline.
// It changes nothing, except that it asks BIRD to write its routes to the kernel anew when they got lost there.

import { setTimeout as delay } from "node:timers/promises";
import type { DesiredRoutes } from "@sealane/core";
import type { BothViews, Disagreement } from "../../compare.ts";
import { disagreements } from "../../compare.ts";
import type { DaemonRoute } from "../../driver.ts";
import type { BirdPorts } from "./apply.ts";
import type { BirdControl } from "./control.ts";
import { parseKernelProtocols, parseOurRoutes, parseRoutes, showOurRoutes } from "./replies.ts";
import { protocolKinds } from "./render.ts";

/** What to wait for. */
export interface Awaited {
  readonly desired: DesiredRoutes;
  /** Our routes in the daemon before. */
  readonly before: readonly DaemonRoute[];
  /** The daemon has finished its part: what it does not show now it will not show later. */
  readonly atOnce: boolean;
}

/** What was seen in the end; `found` is empty when all is as wanted. */
export interface Settled {
  readonly found: readonly Disagreement[];
  readonly views: BothViews;
}

const pollMs = 5;
/** The kernel is normally right at the first look; after this long BIRD is asked to write its routes anew. */
const rewriteAfterMs = 100;

/** Polls until nothing disagrees, or the deadline. Rejects when BIRD or the kernel can not be read. */
export async function settle(ports: BirdPorts, control: BirdControl, awaited: Awaited): Promise<Settled> {
  const startMs = performance.now();
  let rewritten = false;
  for (;;) {
    const settled = await look(ports, control, awaited);
    const elapsedMs = performance.now() - startMs;
    if (settled.found.length === 0 || elapsedMs >= ports.settleMs) return settled;
    const daemonDiffers = settled.found.some(({ where }) => where === "daemon");
    if (awaited.atOnce && daemonDiffers) return settled;
    if (!rewritten && !daemonDiffers && elapsedMs >= rewriteAfterMs) {
      rewritten = true;
      await rewriteKernel(control);
    }
    await delay(pollMs);
  }
}

/** One look at both. */
export async function look(ports: BirdPorts, control: BirdControl, awaited: Awaited): Promise<Settled> {
  const [reply, kernel] = await Promise.all([control.command(showOurRoutes), ports.kernel.routes()]);
  const views = { daemon: parseOurRoutes(reply), kernel };
  const wanted = new Set(awaited.desired.install.map(({ prefix }) => prefix));
  const gone = awaited.before.filter(({ kind, prefix }) => kind === "install" && !wanted.has(prefix));
  const found = disagreements(
    awaited.desired,
    views,
    gone.map(({ prefix }) => prefix),
  );
  return { found: await withoutTakenOver(control, found), views };
}

/**
 * Has BIRD write every route to the kernel again. BIRD repairs foreign deletions by itself only at its next
 * scan; routes that are right already cause no event.
 */
export async function rewriteKernel(control: BirdControl): Promise<void> {
  const protocols = parseKernelProtocols(await control.command("show protocols"));
  for (const name of protocols) await control.command(`reload out ${name}`);
}

/** A prefix that we gave up may rightly stay in the kernel: another protocol of BIRD has it now. */
async function withoutTakenOver(
  control: BirdControl,
  found: readonly Disagreement[],
): Promise<readonly Disagreement[]> {
  const kept: Disagreement[] = [];
  for (const disagreement of found) {
    const { kind, where, prefix } = disagreement;
    const left = kind === "left" && where === "kernel";
    const others = left ? parseRoutes(await control.command(`show route ${prefix}`)) : [];
    if (!others.some(({ protocol, preferred }) => preferred && !protocolKinds.has(protocol)))
      kept.push(disagreement);
  }
  return kept;
}
