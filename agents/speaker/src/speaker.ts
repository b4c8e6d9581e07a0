// One speaker: driver, loop, link, last good state and metrics, wired. Ending it withdraws nothing.

import type { Logger } from "pino";
import type { DesiredRoutes } from "@sealane/core";
import { nowUnixUs } from "@sealane/wire";
import type { Report, SessionState } from "@sealane/wire";
import { bootIdentity } from "./boot.ts";
import { dialAgent } from "./dial.ts";
import { birdCheck } from "./drivers/bird/apply.ts";
import type { Finding } from "./driver.ts";
import { openBirdDriver } from "./drivers/bird/driver.ts";
import { readPlaced } from "./drivers/bird/files.ts";
import { parseInclude } from "./drivers/bird/parse-include.ts";
import { serveHttp } from "./http.ts";
import { kernel } from "./kernel.ts";
import { readLastGood, startingWish, writeLastGood } from "./last-good.ts";
import { kubeProxySynced } from "./kube-proxy.ts";
import { AgentLink } from "./link.ts";
import type { Metrics } from "./metrics.ts";
import { makeMetrics, showOutcome } from "./metrics.ts";
import type { SpeakerOptions } from "./options.ts";
import type { Outcome } from "./reconcile.ts";
import { Reconciler, reportOf } from "./reconcile.ts";

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
  const driver = await openBirdDriver({
    paths: { installPath: options.includeFile, originatePath: options.originateFile },
    control: { socketPath: options.birdSocket, deadlineMs: commandMs },
    kernel: kernel({ ipProgram: options.ipProgram, namespace: undefined, deadlineMs: commandMs }),
    check: birdCheck(options.birdProgram, commandMs),
    boot,
    confirmSeconds,
    settleMs,
  });
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
  if (!mayAnnounce && kubeProxyHealthz !== undefined) {
    kubeProxySynced(kubeProxyHealthz, stop.signal).then(
      () => {
        log.info("kube-proxy has synced: announcing");
        mayAnnounce = true;
        loop.wake();
      },
      () => undefined,
    );
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

/** From the last good state, or else from the include, which says the same of what was applied. */
async function initialWish(options: SpeakerOptions, boot: string, log: Logger): Promise<DesiredRoutes> {
  const read = await readLastGood(options.stateFile);
  if (read.state === "broken")
    log.warn({ why: read.why }, "the last good state cannot be read; the include is used instead");
  const paths = { installPath: options.includeFile, originatePath: options.originateFile };
  const wish =
    read.state === "found" ? startingWish(read.value, boot) : parseInclude(await readPlaced(paths));
  const { install, originate } = wish;
  log.info(
    { from: read.state, install: install.length, originate: originate.length },
    "starting from what is on disk",
  );
  return wish;
}

function toReport(node: string, outcome: Outcome): Report {
  const { desired, observed, findings } = reportOf(outcome);
  const counts = observed === undefined ? [] : [{ kind: "routes", desired, observed }];
  return { node, counts, findings, observedUnixUs: nowUnixUs() };
}

function showPropagation(metrics: Metrics, { result }: Outcome, observedUs: bigint | undefined): void {
  if (result.change !== "applied" || observedUs === undefined) return;
  metrics.propagation.observe({ stage: "routed" }, Math.max(0, Number(nowUnixUs() - observedUs) / 1e6));
}

/** Logs changes; what stays wrong is said once, not at every audit. */
function outcomeLog(log: Logger): (outcome: Outcome) => void {
  let said = "";
  return ({ desired, result, tookMs }) => {
    const ms = Math.round(tookMs * 10) / 10;
    const wrong =
      result.change === "failed" ? result.error.message : JSON.stringify(result.findings.map(subjectOf));
    const isNew = wrong !== said;
    said = wrong;
    if (result.change === "failed") {
      if (isNew) log.error({ err: result.error, ms }, "routes could not be set; what stood before stands");
      return;
    }
    const { findings, change } = result;
    const fields = { change, install: desired.install.length, originate: desired.originate.length, ms };
    if (findings.length > 0 && isNew)
      log.warn({ ...fields, findings: findings.slice(0, 10) }, "some routes are not as wanted");
    else if (change !== "nothing")
      log.info(fields, change === "applied" ? "routes changed" : "routes repaired in the kernel");
  };
}

function subjectOf({ subject, reason }: Finding): string {
  return `${subject} ${reason}`;
}

function showState(log: Logger, metrics: Metrics, state: SessionState): void {
  metrics.sessionUp.set(state.state === "connected" ? 1 : 0);
  if (state.state === "connected") log.info({ agent: state.welcome.version }, "connected to the agent");
  if (state.state === "disconnected")
    log.warn({ why: state.error.message }, "no session with the agent; routes stay as they are");
}
