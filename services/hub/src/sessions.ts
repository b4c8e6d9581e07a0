// Sessions of agents: who may speak for which cluster in which term, what each is owed, what each says. Losing
// one removes nothing. Refuses an older term, and ends the older of two sessions of one cluster.

import type * as grpc from "@grpc/grpc-js";
import { completeness, isSelected, version } from "@sealane/core";
import { Outbox, WireError, nowUnixUs } from "@sealane/wire";
import type { Frame, Hello, OpenSession, Report, ServedSession } from "@sealane/wire";
import type { Logger } from "pino";
import type { ClusterState, Clusters } from "./clusters.ts";
import type { Intake } from "./intake.ts";
import { takeSections } from "./intake.ts";
import type { Keeper } from "./keeper.ts";
import { owing } from "./owing.ts";
import { epochChange } from "./records.ts";
import { CallError } from "./server/peers.ts";
import type { Peers } from "./server/peers.ts";
import type { Store } from "./store/store.ts";

/** Findings of one report that are kept; the worst come first. */
const findingsMax = 100;
/** A report with more kinds is refused. */
const countsMax = 64;

/** The longest that a timer of Node can wait. */
const timerMsMax = 2 ** 31 - 1;

/** What sessions need. */
export interface SessionsOptions {
  readonly clusters: Clusters;
  readonly keeper: Keeper;
  readonly intake: Intake;
  readonly store: Store;
  readonly peers: Peers;
  readonly epoch: bigint;
  readonly log: Logger;
  readonly onEnded: (reason: string) => void;
}

/** Opens sessions as `sessionImplementation` of wire asks for them. */
export function openSessions(options: SessionsOptions): OpenSession {
  return async (hello, call) => {
    const { cluster, expiresUnixMs } = speaksFor(options, hello, call);
    await enterTerm(options.store, cluster, hello);
    cluster.session?.end(
      new WireError("superseded", `A newer session of cluster "${cluster.name}" replaces this one.`),
    );
    return session(options, cluster, { hello, expiresUnixMs });
  };
}

/** Whose session it is, and until when its certificate holds. */
interface Speaking {
  readonly cluster: ClusterState;
  readonly expiresUnixMs: number;
}

/** The cluster that hello names, when the certificate says the same. */
function speaksFor(
  { clusters, peers, log }: SessionsOptions,
  hello: Hello,
  call: grpc.ServerDuplexStream<object, object>,
): Speaking {
  try {
    const { name, expiresUnixMs } = peers.cluster(call);
    if (hello.node !== "")
      throw new WireError("denied", "A speaker's session belongs to its cluster's agent, not to the hub.");
    if (hello.cluster === name) return { cluster: clusters.of(name), expiresUnixMs };
    throw new WireError(
      "denied",
      `The certificate is for cluster "${name}", and hello says "${hello.cluster}".`,
    );
  } catch (error) {
    log.warn({ cluster: hello.cluster, peer: call.getPeer(), reason: String(error) }, "session refused");
    throw error instanceof CallError ? new WireError("denied", error.message) : error;
  }
}

/** Nobody goes back to an older term, also not after a restart: a new one is stored before it counts. */
async function enterTerm(store: Store, cluster: ClusterState, { epoch }: Hello): Promise<void> {
  if (epoch > cluster.epoch) await store.write([epochChange(cluster.name, epoch)]);
  if (epoch < cluster.epoch) {
    throw new WireError(
      "superseded",
      `An agent with the later epoch ${cluster.epoch} speaks for cluster "${cluster.name}"; this one has ${epoch}. ` +
        `Only the newest leader may speak.`,
    );
  }
  cluster.epoch = epoch;
}

function session(
  options: SessionsOptions,
  cluster: ClusterState,
  { hello, expiresUnixMs }: { readonly hello: Hello; readonly expiresUnixMs: number },
): Awaited<ReturnType<OpenSession>> {
  const { keeper, intake, log } = options;
  const outbox = new Outbox(keeper.published, (id) => isSelected(id, cluster.name));
  outbox.resume(hello.held, (id) => completeness(keeper.publishedWorld, id));
  let served: ServedSession | undefined;
  let expiry: NodeJS.Timeout | undefined;
  const owed = owing(outbox, cluster.name, () => served?.wake());
  const unfollow = keeper.follow(owed);
  const heard = (): void => {
    cluster.lastSeenUnixUs = nowUnixUs();
    cluster.clockOffsetUs = served?.counts().clockOffsetUs ?? cluster.clockOffsetUs;
  };
  return {
    outbox,
    welcome: { held: cluster.received.states(), epoch: options.epoch, version },
    opened: (opened) => {
      served = opened;
      cluster.session = opened;
      cluster.version = hello.version;
      cluster.address = opened.address;
      heard();
      log.info(
        { cluster: cluster.name, peer: opened.address, epoch: String(hello.epoch), version: hello.version },
        "session opened",
      );
      opened.wake();
      expiry = setTimeout(
        () =>
          opened.end(
            new WireError("closed", "The session's certificate has expired: connect with its successor."),
          ),
        Math.min(expiresUnixMs - Date.now(), timerMsMax),
      );
    },
    frame: ({ sections }: Frame) => {
      heard();
      takeSections(intake, { cluster, speaker: { cluster: cluster.name, epoch: hello.epoch }, sections });
    },
    report: (report: Report) => {
      heard();
      keepReport(cluster, report);
    },
    closed: (error: unknown) => {
      unfollow();
      owed.stop();
      clearTimeout(expiry);
      if (served !== undefined && cluster.session === served) cluster.session = undefined;
      const reason = error instanceof WireError ? error.code : "internal";
      options.onEnded(reason);
      const level = reason === "closed" || reason === "superseded" ? "info" : "warn";
      log[level]({ cluster: cluster.name, reason, error: String(error) }, "session ended");
    },
  };
}

function keepReport(cluster: ClusterState, report: Report): void {
  if (report.counts.length > countsMax) {
    throw new WireError(
      "oversized",
      `A report counts ${report.counts.length} kinds, and at most ${countsMax} are taken.`,
    );
  }
  cluster.keepReport({ ...report, findings: report.findings.slice(0, findingsMax) });
}
