// The agent process: takes part in the election, and leads while it holds the Lease. Ending it withdraws nothing.

import { setFlagsFromString } from "node:v8";
import { pino } from "pino";
import { version } from "@sealane/core";
import { preflight } from "./check/preflight.ts";
import { installDefinitions } from "./definitions/command.ts";
import { runSite } from "./directory/site.ts";
import { access } from "./kube/auth.ts";
import { createKubeClient } from "./kube/client.ts";
import { Election } from "./kube/lease.ts";
import type { ElectionOptions } from "./kube/lease.ts";
import { serveHttp } from "./http.ts";
import { lead } from "./leader.ts";
import { makeMetrics } from "./metrics.ts";
import { parseOptions } from "./options.ts";

// Changes may come seconds apart. V8 would drop their code in between, and each change would begin by compiling it.
setFlagsFromString("--no-flush-bytecode");

const options = parseOptions(process.argv, process.env);
const write = (text: string) => void process.stdout.write(text);
if (options.command === "check") {
  process.exit(await preflight(options, write));
}
if (options.command === "definitions") {
  const mode = options.dryRun ? "dry-run" : "apply";
  process.exit(await installDefinitions({ ...options, mode }, write));
}
const log = pino({
  level: options.logLevel,
  base: { component: "agent" },
  timestamp: pino.stdTimeFunctions.isoTime,
});
const metrics = makeMetrics();
const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    log.info({ signal }, "stopping; nothing is withdrawn");
    stop.abort();
  });
}

const { site } = options;
if (site !== undefined) {
  await runSite({ options: { ...options, site }, metrics, log }, stop.signal).catch((error: unknown) => {
    log.fatal({ err: error }, "cannot start");
    process.exitCode = 1;
  });
  process.exit();
}

try {
  const { kubeconfig, context } = options;
  const client = createKubeClient(
    await access({
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(context === undefined ? {} : { context }),
    }),
  );
  let problem: string | undefined = "the election has not begun";
  const http = await serveHttp(options.metricsListen, metrics.registry, () =>
    problem === undefined ? { ready: true } : { ready: false, why: problem },
  );
  log.info({ version, server: client.server, namespace: options.namespace }, "agent started");
  let leading: Promise<void> = Promise.resolve();
  const election = new Election(
    {
      client,
      namespace: options.namespace,
      name: "sealane-agent",
      ...(options.identity === undefined ? {} : identityOfProcess(options.identity)),
      onLead: (term) => {
        log.info({ epoch: String(term.epoch) }, "leading");
        metrics.leader.set(1);
        const showProblem = (why: string | undefined) => {
          problem = term.signal.aborted ? undefined : why;
        };
        const over = () => {
          metrics.leader.set(0);
          showProblem(undefined);
        };
        term.signal.addEventListener("abort", over, { once: true });
        const led = lead({ options, client, metrics, log, showProblem }, term).catch((error: unknown) => {
          log.fatal({ err: error }, "leading failed");
          process.exitCode = 1;
          stop.abort();
        });
        // The term before may not have fallen silent yet.
        leading = Promise.all([leading, led]).then(() => undefined);
      },
      onError: (error) => log.warn({ err: error }, "election"),
    },
    stop.signal,
  );
  problem = undefined;
  await election.done;
  await leading;
  http.close();
  await client.close();
} catch (error) {
  log.fatal({ err: error }, "cannot start");
  process.exitCode = 1;
}

/** Of two processes with one identity the kubelet starts the second when the first has ended: it needs not be waited for. */
function identityOfProcess(pod: string): Pick<ElectionOptions, "identity" | "isDead"> {
  return {
    identity: `${pod}-${crypto.randomUUID().slice(0, 8)}`,
    isDead: (holder) => /^[0-9a-f]{8}$/.test(holder.slice(pod.length + 1)) && holder.startsWith(`${pod}-`),
  };
}
