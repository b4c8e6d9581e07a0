// One speaker: driver, loop, link, last good state and metrics, wired. Ending it withdraws nothing.

import type { Logger } from "pino";
import type { Report } from "@sealane/wire";
import { bootIdentity } from "./boot.ts";
import { dialAgent } from "./dial.ts";
import type { RouteDriver } from "./driver.ts";
import { birdCheck } from "./drivers/bird/apply.ts";
import { openBirdDriver } from "./drivers/bird/driver.ts";
import { serveHttp } from "./http.ts";
import { initialWish } from "./initial-wish.ts";
import { kernel } from "./kernel.ts";
import { kubeProxySynced } from "./kube-proxy.ts";
import { writeLastGood } from "./last-good.ts";
import { AgentLink } from "./link.ts";
import { makeMetrics, showOutcome } from "./metrics.ts";
import type { SpeakerOptions } from "./options.ts";
import { Reconciler } from "./reconcile.ts";
import { outcomeLog, showPropagation, showState, toReport } from "./tell.ts";

const driverName = "bird";
const commandMs = 5_000;
const confirmSeconds = 10;
const settleMs = 1_000;

/** Starts a speaker. Rejects when its folders cannot be made or its address cannot be bound. */
export async function startSpeaker(
  options: SpeakerOptions,
  log: Logger,
): Promise<{ readonly close: () => Promise<void> }> {
  const { node, stateFile, kubeProxyHealthz } = options;
  const showLog = outcomeLog(log);
  const metrics = makeMetrics(node, driverName);
  const boot = await bootIdentity();
  const driver = await openDriver(options, boot);
  const initial = await initialWish(options, boot, log);
  let problem: string | undefined = "nothing was compared with the daemon yet";
  const http = await serveHttp(options.metricsListen, metrics.registry, () => problem);
  let lastReport: Report | undefined;
  const link: AgentLink = new AgentLink({
    node,
    dial: async () => dialAgent(options),
    onChange: () => {
      metrics.lastMessage.setToCurrentTime();
      loop.wake();
    },
    onState: (state) => {
      showState(log, metrics, state);
      if (state.state === "connected" && lastReport !== undefined) link.report(lastReport);
    },
  });
  // What this boot announces already was announced after kube-proxy had synced.
  let mayAnnounce = kubeProxyHealthz === undefined || initial.originate.length > 0;
  let observedUs: bigint | undefined;
  const loop: Reconciler = new Reconciler({
    driver,
    desired: (previous) => {
      observedUs = link.takeOldestUs();
      const wish = link.desired(previous);
      return wish === undefined || mayAnnounce ? wish : { ...wish, originate: [] };
    },
    initial,
    keep: async (desired) => writeLastGood(stateFile, { boot, desired }),
    onOutcome: (outcome) => {
      problem = outcome.result.change === "failed" ? outcome.result.error.message : undefined;
      showOutcome(metrics, node, driverName, outcome);
      showPropagation(metrics, outcome, observedUs);
      showLog(outcome);
      lastReport = toReport(node, outcome);
      link.report(lastReport);
      metrics.clockOffset.set(link.clockOffsetSeconds ?? 0);
    },
    stableMs: options.stableMs,
    auditMs: options.auditMs,
  });
  const stop = new AbortController();
  const announce = () => {
    log.info("kube-proxy has synced: announcing");
    mayAnnounce = true;
    loop.wake();
  };
  if (!mayAnnounce && kubeProxyHealthz !== undefined) {
    kubeProxySynced(kubeProxyHealthz, stop.signal).then(announce, () => undefined);
  }
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

async function openDriver(options: SpeakerOptions, boot: string): Promise<RouteDriver> {
  return openBirdDriver({
    paths: { installPath: options.includeFile, originatePath: options.originateFile },
    control: { socketPath: options.birdSocket, deadlineMs: commandMs },
    kernel: kernel({ ipProgram: options.ipProgram, namespace: undefined, deadlineMs: commandMs }),
    check: birdCheck(options.birdProgram, commandMs),
    boot,
    confirmSeconds,
    settleMs,
  });
}
