// Sessions of agents: who may speak for which cluster in which term, what each is owed, what each says. Losing
// one removes nothing. Refuses an older term, and ends the older of two sessions of one cluster.

import type * as grpc from "@grpc/grpc-js";
import { clusterNameFault, version } from "@sealane/core";
import type { Reason } from "@sealane/core";
import { WireError, nowUnixUs } from "@sealane/wire";
import type { Frame, Hello, OpenSession, Report, ServedSession } from "@sealane/wire";
import type { Logger } from "pino";
import type { ClusterState, Clusters } from "./clusters.ts";
import type { Intake } from "./intake.ts";
import { takeSections } from "./intake.ts";
import type { Keeper } from "./keeper.ts";
import type { Journal } from "./journal/journal.ts";
import { sessionEndReason } from "./journal/session-end.ts";
import type { Recall } from "./recall.ts";
import { runAt } from "./run-at.ts";
import { CallError } from "./server/peers.ts";
import type { Peers } from "./server/peers.ts";
import type { Store } from "./store/store.ts";
import { telling } from "./telling.ts";
import { enterTerm } from "./terms.ts";
import { Withholding, lostOf } from "./withholding.ts";

/** Findings of one report that are kept; the worst come first. */
const findingsMax = 100;
/** A report with more kinds is refused. */
const countsMax = 64;

/** What sessions need. */
export interface SessionsOptions {
  readonly clusters: Clusters;
  readonly keeper: Keeper;
  readonly intake: Intake;
  readonly store: Store;
  readonly peers: Peers;
  readonly epoch: bigint;
  /** What this start of the hub knows of earlier ones. */
  readonly recall: Recall;
  readonly log: Logger;
  readonly journal: Journal;
  /** A cluster that may speak is about to; resolves when a tombstone that it had is gone. */
  readonly onReturned: (cluster: string, prove: () => void) => Promise<void>;
  readonly onEnded: (reason: string) => void;
}

/** Opens sessions as `sessionImplementation` of wire asks for them. */
export function openSessions(options: SessionsOptions): OpenSession {
  /** Sessions that are not told everything yet look again when a cluster was heard. */
  const waiting = new Set<() => void>();
  return async (hello, call) => {
    const { cluster, expiresUnixMs, tokenUnixUs } = speaksFor(options, hello, call);
    await options.onReturned(cluster.name, () => speaksFor(options, hello, call));
    const { epoch, incarnation } = hello;
    await enterTerm(options.store, cluster, { epoch, incarnation, tokenUnixUs }, Number(nowUnixUs())).catch(
      (error: unknown) => refuse(options, { hello, call, reason: refusalOf(error) }, error),
    );
    cluster.session?.end(
      new WireError("superseded", `A newer session of cluster "${cluster.name}" replaces this one.`),
    );
    return session(options, cluster, { hello, expiresUnixMs, waiting });
  };
}

/** Whose session it is, and until when its certificate holds. */
interface Speaking {
  readonly cluster: ClusterState;
  readonly expiresUnixMs: number;
  readonly tokenUnixUs: number;
}

/** The cluster that hello names, when the certificate says the same. */
function speaksFor(
  options: SessionsOptions,
  hello: Hello,
  call: grpc.ServerDuplexStream<object, object>,
): Speaking {
  const { clusters, peers } = options;
  try {
    const { name, expiresUnixMs, tokenUnixUs } = peers.cluster(call);
    if (hello.node !== "")
      throw new WireError("denied", "A speaker's session belongs to its cluster's agent, not to the hub.");
    if (hello.cluster === name) return { cluster: clusters.of(name), expiresUnixMs, tokenUnixUs };
    throw new WireError(
      "denied",
      `The certificate is for cluster "${name}", and hello says "${hello.cluster}".`,
    );
  } catch (error) {
    const refusal = error instanceof CallError ? new WireError("denied", error.message) : error;
    return refuse(options, { hello, call, reason: "CertificateNotAccepted" }, refusal);
  }
}

/** Why a leader may not speak although its certificate holds. */
function refusalOf(error: unknown): Reason {
  return error instanceof WireError && error.code === "denied" ? "NameTaken" : "SessionSuperseded";
}

/** What is refused, for the log and the journal. */
interface Refused {
  readonly hello: Hello;
  readonly call: grpc.ServerDuplexStream<object, object>;
  readonly reason: Reason;
}

function refuse({ log, journal }: SessionsOptions, { hello, call, reason }: Refused, error: unknown): never {
  log.warn({ cluster: hello.cluster, peer: call.getPeer(), reason: String(error) }, "session refused");
  journal.note({
    kind: "SessionRefused",
    cluster: clusterNameFault(hello.cluster) === undefined ? hello.cluster : "",
    subject: "session",
    reason,
    message: `${call.getPeer()}: ${messageOf(error)}`,
  });
  throw error;
}

/** What a session begins with. */
interface Opening {
  readonly hello: Hello;
  readonly expiresUnixMs: number;
  readonly waiting: Set<() => void>;
}

function session(
  options: SessionsOptions,
  cluster: ClusterState,
  { hello, expiresUnixMs, waiting }: Opening,
): Awaited<ReturnType<OpenSession>> {
  const { keeper, intake, log, journal } = options;
  const note = (kind: "SessionOpened" | "SessionEnded", message: string, reason?: Reason): void =>
    journal.note({
      kind,
      cluster: cluster.name,
      subject: "session",
      message,
      ...(reason === undefined ? {} : { reason }),
    });
  let served: ServedSession | undefined;
  let cancelExpiry = (): void => {};
  const withholding = withholdingOf(options, hello);
  const told = telling({ keeper, hello, withholding, send: () => served?.wake() });
  waiting.add(told.look);
  const heard = (): void => {
    cluster.lastSeenUnixUs = nowUnixUs();
    cluster.clockOffsetUs = served?.counts().clockOffsetUs ?? cluster.clockOffsetUs;
  };
  return {
    outbox: told.outbox,
    welcome: { held: heldOf(cluster), epoch: options.epoch, version },
    opened: (opened) => {
      served = opened;
      cluster.session = opened;
      cluster.owesNothing = told.owesNothing;
      cluster.version = hello.version;
      cluster.address = opened.address;
      heard();
      log.info(
        { cluster: cluster.name, peer: opened.address, epoch: String(hello.epoch), version: hello.version },
        "session opened",
      );
      note("SessionOpened", `agent ${hello.version} connected from ${opened.address}`);
      opened.wake();
      tellWithheld(log, cluster, withholding);
      const expired = "The session's certificate has expired: connect with its successor.";
      cancelExpiry = runAt(expiresUnixMs, () => opened.end(new WireError("closed", expired)));
    },
    frame: ({ sections }: Frame) => {
      heard();
      const speaker = { cluster: cluster.name, epoch: hello.epoch };
      if (takeSections(intake, { cluster, speaker, sections }) && !cluster.heard)
        void keeper.settled().then(() => {
          cluster.heard = true;
          for (const look of waiting) look();
        });
    },
    report: (report: Report) => {
      heard();
      keepReport(cluster, report);
    },
    closed: (error: unknown) => {
      waiting.delete(told.look);
      told.stop();
      cancelExpiry();
      if (served !== undefined) cluster.endSession(served);
      const reason = error instanceof WireError ? error.code : "internal";
      options.onEnded(reason);
      if (served !== undefined) note("SessionEnded", messageOf(error), sessionEndReason(reason));
      const level = reason === "closed" || reason === "superseded" ? "info" : "warn";
      log[level]({ cluster: cluster.name, reason, error: String(error) }, "session ended");
    },
  };
}

/** What the session must not be told before others have spoken again. */
function withholdingOf({ keeper, clusters, recall }: SessionsOptions, hello: Hello): Withholding {
  const lost = lostOf(recall, hello, keeper.publishedWorld.origins.keys());
  return new Withholding(lost, (name) => {
    const { left, leaving } = keeper.publishedWorld;
    return clusters.get(name)?.heard === true || left.has(name) || leaving.has(name);
  });
}

function tellWithheld(log: Logger, cluster: ClusterState, withholding: Withholding): void {
  cluster.awaited = () => withholding.awaited;
  const awaited = cluster.awaited();
  if (awaited.length === 0) return;
  log.warn(
    { cluster: cluster.name, awaited },
    "the cluster has seen more than this hub started from; it is told the rest when these clusters have spoken again or have left",
  );
}

/** What the agent need not send. Its last shard it says again to every run of the hub: then it has said everything. */
function heldOf({ received, heard }: ClusterState): ReturnType<ClusterState["received"]["states"]> {
  return received.states().filter(({ id }) => heard || id.kind !== "path");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
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
