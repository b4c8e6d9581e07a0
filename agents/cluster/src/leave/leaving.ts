// This cluster's own leaving, as its agent sees it: told by the hub's word alone, then everything is taken away and
// reported until the hub refuses the certificate, which is how it says that the cluster has left.

import type { Finding, View } from "@sealane/core";
import type { Report, SessionState } from "@sealane/wire";
import type { Term } from "../kube/lease.ts";
import type { Agent } from "../leader.ts";
import { untilDone } from "../retry.ts";
import { isRefusal } from "../link/join.ts";
import { isMarkedLeaving, markLeaving, markLeft } from "./marker.ts";
import { departureReport } from "./report.ts";
import { RoutesGone } from "./routes-gone.ts";
import { withdraw } from "./withdraw.ts";

/** What leaving needs of the running agent. */
export interface LeavingOptions {
  readonly agent: Agent;
  /** Ends with the membership. */
  readonly term: Term;
  readonly cluster: string;
  readonly view: View;
  /** Nodes of this cluster, and nodes whose speakers are connected. */
  readonly nodes: () => Iterable<string>;
  /** From here on nothing is written but what leaving writes. */
  readonly stopMaking: () => void;
  readonly report: (report: Report) => void;
}

/** Follows what is said about this cluster's leaving. */
export interface Leaving {
  /** Members changed. */
  readonly changed: () => void;
  readonly heard: (report: Report) => void;
  /** Whether the session's state is how the hub says that the cluster has left. */
  readonly state: (state: SessionState) => boolean;
  /** Resolves when the cluster has left; then `concludeLeaving`. */
  readonly left: Promise<"left">;
}

const nodesMs = 30_000;
const reportMs = 500;

/** Starts to follow; goes on at once with a leaving that a former leader began. */
export function followLeaving(options: LeavingOptions): Leaving {
  const { agent, term, cluster, view, stopMaking } = options;
  const { client, log, options: agentOptions } = agent;
  const { namespace } = agentOptions;
  const left = Promise.withResolvers<"left">();
  const routes = new RoutesGone();
  const progress = { begun: false, things: 1, gone: 0, done: false, findings: [] as readonly Finding[] };

  const tell = (): void => options.report(departureReport(progress));
  const warn = (error: unknown): void => log.error({ err: error }, "leaving cannot go on; it is tried again");
  const begin = async (): Promise<void> => {
    if (progress.begun) return;
    progress.begun = true;
    stopMaking();
    log.info({ cluster }, "the cluster leaves the mesh by a person's word: taking everything away");
    agent.showProblem(`cluster "${cluster}" is leaving the mesh`);
    const timer = setInterval(tell, reportMs);
    term.signal.addEventListener("abort", () => clearInterval(timer), { once: true });
    await untilDone(() => markLeaving(client, namespace), term.signal, warn);
    const withdrawal = {
      client,
      namespace,
      nodesWithRoutes: () => routes.missing(options.nodes()),
      nodesMs,
      onProgress: (things: number, gone: number) => void Object.assign(progress, { things, gone }),
      signal: term.signal,
    };
    const findings = await untilDone(() => withdraw(withdrawal), term.signal, warn);
    if (findings === undefined) return;
    Object.assign(progress, { findings, done: true });
    log.info({ things: progress.things, findings }, "everything that can be taken away is gone");
    tell();
  };
  void untilDone(() => isMarkedLeaving(client, namespace), term.signal, warn).then((marked) =>
    marked === true ? begin() : undefined,
  );
  return {
    changed: () => {
      if (view.member(cluster)?.departure === "dismissed") void begin();
    },
    heard: (report) => {
      if (progress.begun) routes.heard(report);
    },
    state: (state) => {
      const confirmed = state.state === "disconnected" && progress.done && isRefusal(state.error);
      if (confirmed) left.resolve("left");
      return confirmed;
    },
    left: left.promise,
  };
}

/** Forgets the membership, once nothing of it runs any more. From here on only a new token brings the cluster back. */
export async function concludeLeaving(
  { client, options, log }: Agent,
  term: Term,
  cluster: string,
): Promise<void> {
  await untilDone(
    () => markLeft(client, options.namespace, cluster),
    term.signal,
    (error) => log.error({ err: error }, "the membership cannot be forgotten; it is tried again"),
  );
}
