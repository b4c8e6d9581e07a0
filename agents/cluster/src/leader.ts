// One leader's term, wired by hand: membership, observer, hub session, executor, DNS and the relay to speakers. Everything
// ends with the term's signal, and nothing that was made is taken back.

import type { Logger } from "pino";
import type { DesiredNames, ShardId } from "@sealane/core";
import { localiseNames } from "@sealane/core";
import type { ShardChange } from "@sealane/wire";
import { ReceivedView, ShardTable } from "@sealane/wire";
import type { DnsPart } from "./dns-part.ts";
import { startDns } from "./dns-part.ts";
import { Executor } from "./execute/executor.ts";
import type { KubeClient } from "./kube/client.ts";
import type { EventSubject } from "./kube/events.ts";
import { EventRecorder } from "./kube/events.ts";
import type { Term } from "./kube/lease.ts";
import { openHubSession } from "./link/hub-session.ts";
import type { Membership } from "./link/membership.ts";
import { ensureMembership, joinSecretName } from "./link/membership.ts";
import { observe } from "./link/observed-facts.ts";
import { keepRenewed } from "./link/renewal.ts";
import type { Metrics } from "./metrics.ts";
import { showPropagation } from "./metrics.ts";
import type { AgentOptions } from "./options.ts";
import { quarantineTeller } from "./quarantine.ts";
import type { Relay } from "./relay/relay.ts";
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
  readonly subject: EventSubject;
}

async function serve(service: Service): Promise<void> {
  const { agent, term, events, membership } = service;
  const { client, log } = agent;
  const { cluster } = membership;
  const onProblem = (error: Error) => log.warn({ err: error }, "problem");
  const received = new ShardTable();
  const view = new ReceivedView(received);
  let executor: Executor | undefined;
  const facts = observe(agent, term, {
    cluster,
    onExport: (namespace, name) => executor?.touchExport(namespace, name),
    onNamespace: (name) => executor?.touchNamespace(name),
    onProblem,
  });
  const { observer } = facts;
  const parts = { client, term, clusterName: cluster, view, cluster: observer, events, onProblem };
  executor = new Executor(parts);
  await facts.synced;
  if (term.signal.aborted) return;
  const addresses = () => observer.nodeAddresses(agent.options.node ?? "");
  const relay = startRelay({ agent, term, cluster, received, addresses });
  const dns = startDns(agent, term.signal);
  const follow = follower(service, view, { executor, relay, dns });
  const session = openHubSession({
    membership: keepRenewed(agent, membership, term.signal).current,
    epoch: term.epoch,
    facts: facts.table,
    received,
    onChanges: follow,
    onState: followState(agent),
  });
  facts.onWake(() => session.wake());
  relay.onReport((report) => session.report(report));
  startReports({ agent, session, executor, dns, relay }, term.signal);
  await aborted(term.signal);
  session.close();
  relay.close();
}

interface Followers {
  readonly executor: Executor;
  readonly relay: Relay;
  readonly dns: DnsPart;
}

const stubs: ShardId = { kind: "stub", origin: "", namespace: "" };

/** Hands each frame's changes to everybody whom they concern; the view first. */
function follower(service: Service, view: ReceivedView, { executor, relay, dns }: Followers) {
  const { agent, events, membership, subject } = service;
  const { cluster } = membership;
  const tellQuarantine = quarantineTeller({ cluster, view, events, subject, log: agent.log });
  let names: DesiredNames | undefined;
  return (changes: readonly ShardChange[]) => {
    for (const change of changes) view.follow(change);
    for (const change of changes) executor.follow(change);
    relay.changed(changes);
    // Whole shards travel in the order of kinds, and stubs are the last of them.
    if (view.complete(stubs)) relay.settle();
    showPropagation(agent.metrics, changes);
    if (changes.some(({ id }) => id.kind === "member")) tellQuarantine();
    if (!changes.some(({ id }) => id.kind === "stub")) return;
    names = localiseNames(view, cluster, names);
    dns.offer(names);
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
}
