// One speaker: driver, loop, link, last good state and metrics, wired. Ending it withdraws nothing.

import { dirname, join } from "node:path";
import type { Logger } from "pino";
import { bootIdentity, staticBoot } from "./boot.ts";
import { dialAgent } from "./dial.ts";
import type { RouteDriver } from "./driver.ts";
import { openBirdDriver } from "./drivers/bird/driver.ts";
import { serveHttp } from "./http.ts";
import { initialWish } from "./initial-wish.ts";
import type { Ip } from "./ip.ts";
import { openIp } from "./ip.ts";
import { kernel } from "./kernel.ts";
import { kubeProxySynced } from "./kube-proxy.ts";
import { writeLastGood } from "./last-good.ts";
import { AgentLink } from "./link.ts";
import { makeMetrics, showOutcome } from "./metrics.ts";
import type { SpeakerOptions } from "./options.ts";
import { Reconciler } from "./reconcile.ts";
import { watchRemovedRoutes } from "./removed-routes.ts";
import { startReporting } from "./reporting.ts";
import { notSynced, outcomeLog, showPropagation, showState } from "./tell.ts";

const driverName = "bird";
const commandMs = 5_000;
const confirmSeconds = 10;
const settleMs = 1_000;
const removedQuietMs = 500;

/** Starts a speaker. Rejects when its folders cannot be made or its address cannot be bound. */
export async function startSpeaker(
  options: SpeakerOptions,
  log: Logger,
): Promise<{ readonly close: () => Promise<void> }> {
  const { node, stateFile, kubeProxyMetrics } = options;
  const showLog = outcomeLog(log);
  const metrics = makeMetrics(node, driverName);
  const boot = await bootOf(options);
  const ip = openIp({ ipProgram: options.ipProgram, namespace: undefined, deadlineMs: commandMs });
  const driver = await openDriver(options, ip, boot);
  const initial = await initialWish(options, boot, log);
  let problem: string | undefined = "nothing was compared with the daemon yet";
  const http = await serveHttp(options.metricsListen, metrics.registry, () => problem);
  const stop = new AbortController();
  const link: AgentLink = new AgentLink({
    node,
    dial: async () => dialAgent(options),
    onChange: () => {
      metrics.lastMessage.setToCurrentTime();
      loop.wake();
    },
    onState: (state) => {
      showState(log, metrics, state);
      if (state.state === "connected") reporting.repeat();
    },
  });
  const reporting = startReporting({ options, ip, link, metrics }, stop.signal);
  const mayAnnounce = announcing(kubeProxyMetrics, initial.originate.length > 0, stop.signal, () => {
    log.info("kube-proxy has synced: announcing");
    loop.wake();
  });
  let observedUs: bigint | undefined;
  let installed: ReadonlySet<string> = new Set();
  const loop: Reconciler = new Reconciler({
    driver,
    desired: (previous) => {
      observedUs = link.takeOldestUs();
      const wish = link.desired(previous);
      return wish === undefined || mayAnnounce() ? wish : { ...wish, originate: [] };
    },
    initial,
    keep: async (desired) => writeLastGood(stateFile, { boot, desired }),
    onOutcome: (outcome) => {
      problem = outcome.result.change === "failed" ? outcome.result.error.message : undefined;
      if (outcome.result.change !== "failed") installed = new Set(outcome.result.live.install);
      showOutcome(metrics, node, driverName, outcome);
      showPropagation(metrics, outcome, observedUs);
      showLog(outcome);
      reporting.onOutcome(outcome, mayAnnounce() ? undefined : notSynced(options));
      metrics.clockOffset.set(link.clockOffsetSeconds ?? 0);
    },
    stableMs: options.stableMs,
    auditMs: options.auditMs,
  });
  driver.watch(() => loop.look(), stop.signal);
  watchRemovedRoutes(
    { ipProgram: options.ipProgram, isExpected: (prefix) => installed.has(prefix), quietMs: removedQuietMs },
    () => loop.look(),
    stop.signal,
  );
  return {
    close: async () => {
      stop.abort();
      link.close();
      await loop.close();
      await driver.close();
      http.close();
    },
  };
}

/**
 * Whether this node may announce: from when its kube-proxy has synced, or at once where nobody asks it. What this boot
 * announces already was announced after that.
 */
function announcing(
  kubeProxyMetrics: string | undefined,
  announced: boolean,
  signal: AbortSignal,
  onSynced: () => void,
): () => boolean {
  if (kubeProxyMetrics === undefined || announced) return () => true;
  let synced = false;
  const open = () => {
    synced = true;
    onSynced();
  };
  kubeProxySynced(kubeProxyMetrics, signal).then(open, () => undefined);
  return () => synced;
}

/** The mark lies beside the originating part, on the same tmpfs. */
async function bootOf({ origins, originateFile }: SpeakerOptions): Promise<string> {
  return origins === "static" ? staticBoot : bootIdentity({ markPath: join(dirname(originateFile), "boot") });
}

async function openDriver(options: SpeakerOptions, ip: Ip, boot: string): Promise<RouteDriver> {
  return openBirdDriver({
    paths: { installPath: options.includeFile, originatePath: options.originateFile },
    control: { socketPath: options.birdSocket, deadlineMs: commandMs },
    kernel: kernel(ip),
    boot,
    confirmSeconds,
    settleMs,
  });
}
