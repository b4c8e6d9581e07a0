// One speaker: driver, loop, link, last good state and metrics, wired. Ending it withdraws nothing.

import { dirname, join } from "node:path";
import type { Logger } from "pino";
import { bootIdentity, staticBoot } from "./boot.ts";
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
import { startReporting } from "./reporting.ts";
import { notSynced, outcomeLog, showPropagation, showState } from "./tell.ts";

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
  const boot = await bootOf(options);
  const driver = await openDriver(options, boot);
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
  const reporting = startReporting({ options, link, metrics }, stop.signal);
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
      reporting.onOutcome(outcome, mayAnnounce ? undefined : notSynced(options));
      metrics.clockOffset.set(link.clockOffsetSeconds ?? 0);
    },
    stableMs: options.stableMs,
    auditMs: options.auditMs,
  });
  driver.watch(() => loop.wake(), stop.signal);
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

/** The mark lies beside the originating part, on the same tmpfs. */
async function bootOf({ origins, originateFile }: SpeakerOptions): Promise<string> {
  return origins === "static" ? staticBoot : bootIdentity({ markPath: join(dirname(originateFile), "boot") });
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
