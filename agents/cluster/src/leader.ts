// One leader's term, wired by hand: membership, observer, hub session, executor, DNS and the relay to speakers. Everything
// ends with the term's signal, and nothing that was made is taken back.

import type { Logger } from "pino";
import { localiseNames } from "@sealane/core";
import type { DesiredNames } from "@sealane/core";
import type { ShardChange } from "@sealane/wire";
import { ReceivedView, ShardTable } from "@sealane/wire";
import { startDns } from "./dns-part.ts";
import { Executor } from "./execute/executor.ts";
import type { KubeClient } from "./kube/client.ts";
import { EventRecorder } from "./kube/events.ts";
import type { Term } from "./kube/lease.ts";
import { FactTable } from "./link/fact-table.ts";
import { openHubSession } from "./link/hub-session.ts";
import type { Membership } from "./link/membership.ts";
import { ensureMembership, joinSecretName } from "./link/membership.ts";
import { keepRenewed } from "./link/renewal.ts";
import type { Metrics } from "./metrics.ts";
import { KubernetesObserver } from "./observe/observer.ts";
import type { AgentOptions } from "./options.ts";
import { quarantineTeller } from "./quarantine.ts";
import { startRelay } from "./relay/relay.ts";
import { startReports } from "./reports.ts";
import { untilDone } from "./retry.ts";
import { followState, systemNamespaceSubject } from "./standing.ts";

/** What the process gives to each term. */
export interface Agent {
  readonly options: AgentOptions;
  readonly client: KubeClient;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Leads until the term ends. Rejects only on what no retry can mend. */
export async function lead(agent: Agent, term: Term): Promise<void> {
  const { options, client, log } = agent;
  const subject = await untilDone(
    () => systemNamespaceSubject(client, options.namespace),
    term.signal,
    (error) => log.warn({ err: error }, "cannot read the agent's namespace"),
  );
  if (subject === undefined) return;
  const instance = options.identity ?? "sealane-agent";
  const events = new EventRecorder(
    client,
    { instance, onError: (error) => log.debug({ err: error }, "an Event was not written") },
    term.signal,
  );
  const membership = await untilDone(
    () => ensureMembership(client, options.namespace, Date.now()),
    term.signal,
    (error) => {
      log.error({ err: error }, "cannot join");
      events.record(subject, {
        type: "Warning",
        reason: "JoinFailed",
        action: "Join",
        note: error instanceof Error ? error.message : String(error),
      });
    },
  );
  if (membership === undefined) return;
  log.info(
    { cluster: membership.cluster, hub: membership.hub },
    `member of the mesh (Secret ${joinSecretName} is not needed any more)`,
  );
  await serve({ agent, term, events, membership, subject });
}

interface Service {
  readonly agent: Agent;
  readonly term: Term;
  readonly events: EventRecorder;
  readonly membership: Membership;
  readonly subject: Awaited<ReturnType<typeof systemNamespaceSubject>>;
}

async function serve({ agent, term, events, membership, subject }: Service): Promise<void> {
  const { options, client, metrics, log } = agent;
  const { cluster } = membership;
  const { signal } = term;
  const onProblem = (error: Error) => log.warn({ err: error }, "problem");
  const facts = new FactTable(term.epoch);
  const received = new ShardTable();
  const view = new ReceivedView(received);
  const synced = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => synced.resolve(), { once: true });
  let executor: Executor | undefined;
  let wake: () => void = () => undefined;
  const observer = new KubernetesObserver(
    {
      client,
      cluster,
      declared: {
        ...(options.podRanges === undefined ? {} : { pod: options.podRanges }),
        ...(options.serviceRanges === undefined ? {} : { service: options.serviceRanges }),
      },
      onFacts: (changes) => {
        if (facts.apply(changes)) wake();
      },
      onComplete: (shards) => {
        if (facts.complete(shards)) wake();
      },
      onSynced: () => synced.resolve(),
      onExport: (namespace, name) => executor?.touchExport(namespace, name),
      onNamespace: (name) => executor?.touchNamespace(name),
      onProblem,
    },
    signal,
  );
  executor = new Executor({ client, term, clusterName: cluster, view, cluster: observer, events, onProblem });
  await synced.promise;
  if (signal.aborted) return;

  const relay = await startRelay({
    agent,
    term,
    cluster,
    received,
    addresses: () => observer.nodeAddresses(options.node ?? ""),
  });
  const dns = startDns(agent, signal);
  const renewed = keepRenewed(agent, membership, signal);
  const tellQuarantine = quarantineTeller({
    cluster,
    view,
    events,
    subject,
    log: (verdict, text) =>
      log.warn(
        { prefix: verdict.prefix, reason: verdict.reason, owner: verdict.owner, free: verdict.free },
        text,
      ),
    admitted: (prefix) => log.info({ prefix }, "range admitted"),
  });
  let names: DesiredNames | undefined;
  const onChanges = (changes: readonly ShardChange[]) => {
    for (const change of changes) view.follow(change);
    for (const change of changes) executor.follow(change);
    relay.changed(changes);
    if (changes.some(({ id }) => id.kind === "member")) tellQuarantine();
    if (changes.some(({ id }) => id.kind === "stub"))
      dns.offer((names = localiseNames(view, cluster, names)));
  };
  const session = openHubSession({
    membership: renewed.current,
    incarnation: () => facts.incarnation,
    epoch: term.epoch,
    facts,
    received,
    onChanges,
    onState: followState(agent),
  });
  wake = () => session.wake();
  relay.onReport((report) => session.report(report));
  startReports({ agent, session, executor, dns, relay }, signal);
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
  session.close();
  relay.close();
}
