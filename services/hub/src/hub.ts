// One hub: wires state, trust, sessions and ports, and takes them down in order. Decides nothing itself.

import { version } from "@sealane/core";
import type { AdminHandlers } from "@sealane/wire";
import { WireError, joinImplementation, nowUnixUs, schemaRange, sessionImplementation } from "@sealane/wire";
import { adminService, statusOf } from "./admin/admin.ts";
import { eventVerbs } from "./admin/events.ts";
import { explainVerbs } from "./admin/explain.ts";
import { listVerbs } from "./admin/lists.ts";
import { logLevelVerbs } from "./admin/log-level.ts";
import { planVerbs } from "./admin/plan.ts";
import { listClusters, statusVerbs } from "./admin/status.ts";
import { tokenVerbs } from "./admin/tokens.ts";
import { watchVerbs } from "./admin/watch.ts";
import { openDepartures } from "./leave/departures.ts";
import type { Departures } from "./leave/departures.ts";
import { leaveVerbs } from "./leave/verbs.ts";
import type { HubReading } from "./gauges.ts";
import { hubMetrics } from "./metrics.ts";
import type { HubMetrics } from "./metrics.ts";
import { joinListenOf, ownHosts, reachedAt } from "./options.ts";
import type { HubOptions } from "./options.ts";
import { countServices, readClusters } from "./reading.ts";
import { serveHttp } from "./server/http.ts";
import type { JoinOptions } from "./server/join.ts";
import { joinHandlers, renewHandlers } from "./server/join.ts";
import { knownPeersOnly } from "./server/peers.ts";
import type { Caller } from "./server/peers.ts";
import { serve } from "./server/serve.ts";
import type { Serving } from "./server/serve.ts";
import { openSessions } from "./sessions.ts";
import { openState } from "./state.ts";
import type { HubState } from "./state.ts";
import { writeAdminFiles } from "./trust/admin-files.ts";
import { clusterCertificateTtlMs } from "./trust/certificates.ts";
import { openTrust } from "./trust/trust.ts";
import type { Trust } from "./trust/trust.ts";

/** A running hub. */
export interface Hub {
  /** `host:port` of sessions, administration and renewal. */
  readonly sessionAddress: string;
  /** `host:port` of joining. */
  readonly joinAddress: string;
  /** `host:port` of metrics and health. */
  readonly metricsAddress: string;
  /** The first administrator's `config.yaml`, or undefined when somebody took it away. */
  readonly adminConfig: string | undefined;
  /** Refuses every certificate that the cluster has, and ends its session. It may join again with a new token. */
  revokeCluster(name: string): Promise<void>;
  /** Ends sessions with a clear status, finishes writes, closes everything. */
  close(): Promise<void>;
}

/** Starts a hub. Rejects with what is wrong and what to do when it cannot. */
export async function startHub(options: HubOptions): Promise<Hub> {
  const startedUnixUs = nowUnixUs();
  const stopping = new AbortController();
  const closers: (() => Promise<void> | void)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    let trust: Trust | undefined;
    const metrics: HubMetrics = hubMetrics(build, () => reading(state, trust));
    const state: HubState = await openState(options, () => metrics);
    closers.push(() => state.close());
    trust = await openTrust(state.data.store, options.advertise ?? ownHosts(), options.log);
    closers.push(trust.close);
    const revokeCluster = revoker(state, trust);
    const departures = openLeaving(options, state, revokeCluster);
    closers.push(() => departures.close());
    const serving = await openPorts({
      options,
      state,
      trust,
      metrics,
      startedUnixUs,
      departures,
      stopping: stopping.signal,
    });
    closers.push(() => serving.close());
    const http = await serveHttp({
      listen: options.metricsListen,
      metrics: metrics.render,
      fault: state.fault,
    });
    closers.push(() => http.close());

    const sessionAddress = reachedAt(options.listen, serving.sessionPort, options.advertise);
    const joinAddress = reachedAt(options.joinListen ?? options.listen, serving.joinPort, options.advertise);
    const metricsAddress = reachedAt(options.metricsListen, http.port, undefined);
    const { authority, first } = trust;
    const folder = state.data.adminFolder;
    const adminConfig = await writeAdminFiles({
      folder,
      authority,
      hub: sessionAddress,
      first,
      now: Date.now(),
    });
    options.log.info(
      { sessionAddress, joinAddress, metricsAddress, adminConfig, version, epoch: String(state.epoch) },
      "hub is ready",
    );
    closers.push(() => {
      serving.drain();
      stopping.abort();
      endSessions(state, new WireError("closed", "The hub is stopping; connect again."));
    });
    return {
      sessionAddress,
      joinAddress,
      metricsAddress,
      adminConfig,
      revokeCluster,
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

interface Parts {
  readonly options: HubOptions;
  readonly state: HubState;
  readonly trust: Trust;
  readonly metrics: HubMetrics;
  readonly startedUnixUs: bigint;
  readonly departures: Departures;
  /** Aborted when the hub stops. */
  readonly stopping: AbortSignal;
}

const build = { version, schema: `${schemaRange.min}-${schemaRange.max}` };

function reading({ clusters, keeper, declarations }: HubState, trust: Trust | undefined): HubReading {
  return {
    clusters: readClusters(clusters, keeper.world),
    services: countServices(keeper.world),
    refusedDocuments: declarations.current().refused.length,
    certificateExpiryUnixMs: trust?.certificate.expiryUnixMs ?? 0,
  };
}

/** Refuses every certificate that a cluster has, and ends its session. */
function revoker({ clusters }: HubState, { revocations }: Trust): (cluster: string) => Promise<void> {
  return async (name) => {
    await revocations.revoke(name);
    const why = new WireError("denied", `The certificate of cluster "${name}" was revoked.`);
    clusters.get(name)?.session?.end(why);
  };
}

function openLeaving(
  { log }: HubOptions,
  { data, departures, clusters, keeper, journal }: HubState,
  revoke: (cluster: string) => Promise<void>,
): Departures {
  return openDepartures({
    records: departures,
    store: data.store,
    cache: data.cache,
    clusters,
    world: () => keeper.world,
    publishedWorld: () => keeper.publishedWorld,
    take: (facts, observedUnixUs) => keeper.take(facts, observedUnixUs),
    revoke,
    journal,
    log,
  });
}

function openPorts(parts: Parts): Promise<Serving> {
  const { options, state, trust, metrics, departures } = parts;
  const { log, certificateTtlMs = clusterCertificateTtlMs } = options;
  const { authority, tokens, peers, certificate } = trust;
  const { clusters, keeper, intake, epoch, journal } = state;
  const isLeaving = (cluster: string) => departures.isUnderWay(cluster);
  const join: JoinOptions = { authority, tokens, peers, certificateTtlMs, isLeaving, log, journal };
  const onEnded = metrics.sessionEnded;
  const sessions = openSessions({
    clusters,
    keeper,
    intake,
    store: state.data.store,
    peers,
    epoch,
    recall: state.recall,
    log,
    journal,
    onReturned: (cluster, prove) => departures.returned(cluster, prove),
    onEnded,
  });
  return serve({
    listen: options.listen,
    joinListen: options.joinListen ?? joinListenOf(options.listen),
    certificate,
    session: sessionImplementation(sessions),
    admin: adminService(adminVerbs(parts), peers, log),
    join: joinImplementation(joinHandlers(join), statusOf),
    renew: joinImplementation(renewHandlers(join), statusOf),
    interceptor: knownPeersOnly(peers, (refused) => {
      metrics.callRefused();
      journal.note({
        kind: "SessionRefused",
        cluster: "",
        subject: "peer",
        reason: "CertificateNotAccepted",
        message: `${refused.peer} called ${refused.method}: ${refused.reason}`,
      });
      log.warn(refused, "call refused");
    }),
  });
}

function adminVerbs({ options, state, trust, startedUnixUs, departures, stopping }: Parts): AdminHandlers {
  const { clusters, keeper, declarations, journal } = state;
  const nameOf = (caller: Caller) => trust.peers.identify(caller).name;
  const world = () => keeper.world;
  const refusedDocuments = () => declarations.current().refused;
  return {
    ...statusVerbs({ world, clusters, refusedDocuments, startedUnixUs }),
    ...listVerbs(world),
    ...explainVerbs(world, (cluster) => clusters.get(cluster)?.state ?? "unknown"),
    ...leaveVerbs(departures),
    ...tokenVerbs(trust.tokens, journal, nameOf),
    ...eventVerbs(journal, startedUnixUs),
    ...watchVerbs({ world, clusters: () => listClusters({ clusters, world }), journal, stopping }),
    ...planVerbs(world),
    ...logLevelVerbs(options.log, journal, nameOf),
  };
}

function endSessions({ clusters }: HubState, error: WireError): void {
  for (const { session } of clusters.all()) session?.end(error);
}
