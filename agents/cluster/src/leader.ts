// One leader's term, wired by hand: membership, observer, hub session, executor, DNS and the relay to speakers. Everything
// ends with the term's signal, and nothing that was made is taken back.

import type { Logger } from "pino";
import type { DesiredNames } from "@sealane/core";
import { localiseNames, stubShard } from "@sealane/core";
import type { SessionClient, ShardChange } from "@sealane/wire";
import type { DnsPart } from "./dns-part.ts";
import { startDns } from "./dns-part.ts";
import { Executor } from "./execute/executor.ts";
import type { KubeClient } from "./kube/client.ts";
import type { EventSubject } from "./kube/events.ts";
import { EventRecorder } from "./kube/events.ts";
import type { Term } from "./kube/lease.ts";
import { openHubSession } from "./link/hub-session.ts";
import type { Membership } from "./link/membership.ts";
import type { ObservedFacts } from "./link/observed-facts.ts";
import { observe } from "./link/observed-facts.ts";
import { joinMesh, keepMembership } from "./membership-part.ts";
import { editTeller } from "./edit-teller.ts";
import type { Leaving } from "./leave/leaving.ts";
import { concludeLeaving, followLeaving } from "./leave/leaving.ts";
import type { Metrics } from "./metrics.ts";
import { showPropagation } from "./metrics.ts";
import type { AgentOptions } from "./options.ts";
import type { PartTerm } from "./part-term.ts";
import { partOf } from "./part-term.ts";
import type { PropertiesPart } from "./properties/keep-properties.ts";
import { keepProperties } from "./properties/keep-properties.ts";
import { quarantineTeller } from "./quarantine.ts";
import type { ReceivedPart } from "./received-part.ts";
import { openReceived } from "./received-part.ts";
import { followApiServer } from "./observe/follow.ts";
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
  /** What readiness says: why this replica cannot do its work, or undefined. */
  readonly showProblem: (problem: string | undefined) => void;
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
  // Once for each membership: joining another hub, or under another name, begins anew.
  while (!term.signal.aborted) {
    const membership = await joinMesh({ agent, events, subject }, term);
    if (membership === undefined) return;
    await serve({ agent, term, events, membership, subject });
  }
}

interface Service {
  readonly agent: Agent;
  readonly term: Term;
  readonly events: EventRecorder;
  readonly membership: Membership;
  readonly subject: EventSubject;
}

async function serve(service: Service): Promise<void> {
  const { agent, events, membership } = service;
  const { client, log } = agent;
  const { cluster } = membership;
  const { term, end } = partOf(service.term);
  // What writes into the cluster falls silent first when the cluster leaves.
  const making = partOf(term);
  const onProblem = (error: Error) => log.warn({ err: error }, "problem");
  const received = await openReceived(agent, making.term, membership);
  if (received === undefined) return;
  const { view } = received;
  let executor: Executor | undefined;
  const facts = observe(agent.options, term, {
    follow: followApiServer(client),
    cluster,
    onExport: (namespace, name) => executor?.touchExport(namespace, name),
    onSelection: (namespace, name) => executor?.touchSelected(namespace, name),
    onNamespace: (name) => executor?.touchNamespace(name),
    onServiceFamilies: () => executor?.touchAll(),
    onProblem,
  });
  const { observer } = facts;
  const parts = {
    client,
    term: making.term,
    clusterName: cluster,
    view,
    cluster: observer,
    events,
    onProblem,
  };
  executor = new Executor(parts);
  await facts.synced;
  if (term.signal.aborted) return;
  const addresses = () => observer.nodeAddresses(agent.options.node ?? "");
  const relay = startRelay({ agent, term, making: making.term, cluster, received, addresses });
  const dns = startDns(agent, service, making.term.signal);
  const properties = keepProperties({ client, term: making.term, cluster, events, log });
  const leaving = followLeaving({
    agent,
    term,
    cluster,
    view: received.view,
    nodes: () => facts.table.shards.entries({ kind: "node", origin: cluster, namespace: "" }).keys(),
    stopMaking: making.end,
    report: (report): void => session.report(report),
  });
  const follow = follower(service, received, { executor, relay, dns, properties, leaving });
  const session = startSession(service, { part: { term, end }, facts, received, leaving, follow });
  const tellEdits = editTeller(events, service.subject);
  relay.onReport((report) => {
    facts.heard(report);
    leaving.heard(report);
    tellEdits(report);
    session.report(report);
  });
  const findings = () =>
    [observer, facts.table.untold, received, properties].flatMap((part) => part.findings());
  startReports({ agent, session, executor, dns, relay, findings }, making.term.signal);
  const outcome = await Promise.race([aborted(term.signal), leaving.left]);
  session.close();
  relay.close();
  end();
  if (outcome === "left") await concludeLeaving(agent, service.term, cluster);
}

interface SessionParts {
  readonly part: PartTerm;
  readonly facts: ObservedFacts;
  readonly received: ReceivedPart;
  readonly leaving: Leaving;
  readonly follow: ReturnType<typeof follower>;
}

/** Opens the session with the membership that is kept, which learns from it whether the hub takes the certificate. */
function startSession(
  service: Service,
  { part: { term, end }, facts, received, leaving, follow }: SessionParts,
): SessionClient {
  const onJoined = () => session.redial();
  const kept = keepMembership(service, service.membership, term, { onJoined, onMoved: end });
  const showState = followState(service.agent);
  const session: SessionClient = openHubSession({
    membership: kept.current,
    epoch: term.epoch,
    facts: facts.table,
    received: received.table,
    onChanges: follow.changed,
    onCaughtUp: follow.caughtUp,
    isLacking: facts.isLacking,
    onState: (state) => {
      if (state.state === "disconnected") received.interrupted();
      showState(state);
      if (!leaving.state(state)) kept.followState(state);
    },
  });
  received.awaitHub();
  facts.onWake(() => session.wake());
  return session;
}

interface Followers {
  readonly executor: Executor;
  readonly relay: Relay;
  readonly dns: DnsPart;
  readonly properties: PropertiesPart;
  readonly leaving: Leaving;
}

/** Hands each frame's changes to everybody whom they concern; the view first. */
function follower(service: Service, received: ReceivedPart, followers: Followers) {
  const { executor, relay, dns, properties, leaving } = followers;
  const { agent, events, membership, subject } = service;
  const { cluster } = membership;
  const { view } = received;
  const tellQuarantine = quarantineTeller({ cluster, view, events, subject, log: agent.log });
  let names: DesiredNames | undefined;
  let hasCaughtUp = false;
  const settle = () => {
    if (hasCaughtUp && view.complete(stubShard)) relay.settle();
  };
  const offerNames = () => {
    if (!received.confirmed()) return;
    names = localiseNames(view, cluster, names);
    dns.offer(names);
    const set = (names.own ?? names.peers[0])?.meshZone;
    if (set !== undefined) properties.offer(set);
  };
  received.onConfirmed(() => {
    relay.confirm();
    executor.touchAll();
    tellQuarantine();
    leaving.changed();
    if ([...view.stubs()].length > 0) offerNames();
  });
  return {
    changed: (changes: readonly ShardChange[]) => {
      received.follow(changes);
      // Routes first: a next hop that must go waits for nothing else of the change.
      relay.changed(changes);
      for (const change of changes) executor.follow(change);
      settle();
      showPropagation(agent.metrics, changes);
      if (changes.some(({ id }) => id.kind === "member")) {
        tellQuarantine();
        leaving.changed();
      }
      if (changes.some(({ id }) => id.kind === "stub")) offerNames();
    },
    caughtUp: () => {
      received.caughtUp();
      // What the hub does not speak of is known from here on.
      if (!hasCaughtUp) executor.touchAll();
      hasCaughtUp = true;
      settle();
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
}
