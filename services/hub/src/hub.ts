// One hub: wires state, trust, sessions and ports, and takes them down in order. Decides nothing itself.

import { version } from "@sealane/core";
import type { AdminHandlers } from "@sealane/wire";
import { WireError, joinImplementation, nowUnixUs, schemaRange, sessionImplementation } from "@sealane/wire";
import { adminService, statusOf } from "./admin/admin.ts";
import { explainVerbs } from "./admin/explain.ts";
import { listVerbs } from "./admin/lists.ts";
import { statusVerbs } from "./admin/status.ts";
import { tokenVerbs } from "./admin/tokens.ts";
import { hubMetrics } from "./metrics.ts";
import type { HubMetrics } from "./metrics.ts";
import { joinListenOf, ownHosts, reachedAt } from "./options.ts";
import type { HubOptions } from "./options.ts";
import { countServices, readClusters } from "./reading.ts";
import { serveHttp } from "./server/http.ts";
import type { JoinOptions } from "./server/join.ts";
import { joinHandlers, renewHandlers } from "./server/join.ts";
import { knownPeersOnly } from "./server/peers.ts";
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
  const closers: (() => Promise<void> | void)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    let trust: Trust | undefined;
    const metrics: HubMetrics = hubMetrics(
      { version, schema: `${schemaRange.min}-${schemaRange.max}` },
      () => ({
        clusters: readClusters(state.clusters, state.keeper.world),
        services: countServices(state.keeper.world),
        refusedDocuments: state.declarations.current().refused.length,
        certificateExpiryUnixMs: trust?.certificate.expiryUnixMs ?? 0,
      }),
    );
    const state: HubState = await openState(options, () => metrics);
    closers.push(() => state.close());
    trust = await openTrust(state.data.store, options.advertise ?? ownHosts(), options.log);
    closers.push(trust.close);
    const serving = await openPorts({ options, state, trust, metrics, startedUnixUs });
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
      endSessions(state, new WireError("closed", "The hub is stopping; connect again."));
    });
    return {
      sessionAddress,
      joinAddress,
      metricsAddress,
      adminConfig,
      revokeCluster: async (name) => {
        await trust?.revocations.revoke(name);
        state.clusters
          .get(name)
          ?.session?.end(new WireError("denied", `The certificate of cluster "${name}" was revoked.`));
      },
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
}

function openPorts(parts: Parts): Promise<Serving> {
  const { options, state, trust, metrics } = parts;
  const { log, certificateTtlMs = clusterCertificateTtlMs } = options;
  const { authority, tokens, peers, certificate } = trust;
  const { clusters, keeper, intake, epoch } = state;
  const join: JoinOptions = { authority, tokens, peers, certificateTtlMs, log };
  const onEnded = metrics.sessionEnded;
  const sessions = openSessions({
    clusters,
    keeper,
    intake,
    store: state.data.store,
    peers,
    epoch,
    log,
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
      log.warn(refused, "call refused");
    }),
  });
}

function adminVerbs({ state, trust, startedUnixUs }: Parts): AdminHandlers {
  const { clusters, keeper, declarations } = state;
  const world = () => keeper.world;
  const refusedDocuments = () => declarations.current().refused;
  return {
    ...statusVerbs({ world, clusters, refusedDocuments, startedUnixUs }),
    ...listVerbs(world),
    ...explainVerbs(world, (cluster) => clusters.get(cluster)?.state ?? "unknown"),
    ...tokenVerbs(trust.tokens),
  };
}

function endSessions({ clusters }: HubState, error: WireError): void {
  for (const { session } of clusters.all()) session?.end(error);
}
