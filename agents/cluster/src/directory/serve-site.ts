// What a site is wired of while it serves as one cluster: manifests, hub session, rendered files. Everything ends with
// the signal, and nothing that was made is taken back.

import type { Logger } from "pino";
import type { Finding } from "@sealane/core";
import type { Report, SessionClient, ShardChange } from "@sealane/wire";
import { ReceivedView, ShardTable } from "@sealane/wire";
import { addressPool } from "../execute/directory/address-pool.ts";
import { DirectoryExecutor } from "../execute/directory/executor.ts";
import { RenderedFolder } from "../execute/directory/rendered-folder.ts";
import type { EventSink } from "../execute/export-events.ts";
import { resources } from "../kube/resource.ts";
import type { Leaving } from "../leave/leaving.ts";
import { followSiteLeaving } from "../leave/leaving-site.ts";
import { confirmedView } from "../link/confirmed-view.ts";
import type { ConfirmedView } from "../link/confirmed-view.ts";
import { openHubSession } from "../link/hub-session.ts";
import type { Membership } from "../link/membership.ts";
import { observe } from "../link/observed-facts.ts";
import type { ObservedFacts } from "../link/observed-facts.ts";
import type { Metrics } from "../metrics.ts";
import { showPropagation } from "../metrics.ts";
import { Manifests } from "../observe/directory/manifests.ts";
import type { AgentOptions } from "../options.ts";
import { quarantineTeller } from "../quarantine.ts";
import { followState } from "../standing.ts";
import { keepMembership } from "./keep-membership.ts";
import { markLeft } from "./membership.ts";
import type { SiteOptions } from "./options.ts";
import { startReporting } from "./reporting.ts";
import type { SiteState } from "./state.ts";
import { keepState, openState } from "./state.ts";

/** What the process gives to its site. */
export interface Site {
  readonly options: AgentOptions & { readonly site: SiteOptions };
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** What the parts of one cluster share. */
interface Parts {
  readonly site: Site;
  readonly cluster: string;
  readonly state: SiteState;
  readonly received: ShardTable;
  readonly view: ReceivedView;
  /** What may be acted on: nothing before the hub has said all that it has. */
  readonly shown: ConfirmedView;
  readonly signal: AbortSignal;
  /** Ends before the signal when the site leaves: from then on nothing is rendered. */
  readonly making: AbortSignal;
  /** Made after those who call it. */
  executor: DirectoryExecutor | undefined;
  leaving: Omit<Leaving, "heard"> | undefined;
  session: "connected" | "disconnected";
}

/**
 * Serves as one cluster until the signal aborts, or until the site has joined as another: then gives that membership.
 * `onServing` is called once the manifests were read whole.
 */
export async function serveSite(
  site: Site,
  first: Membership,
  onServing: () => void,
  whole: AbortSignal,
): Promise<Membership | undefined> {
  const over = new AbortController();
  const signal = AbortSignal.any([whole, over.signal]);
  const silent = new AbortController();
  const making = AbortSignal.any([signal, silent.signal]);
  const state = await openState(site.options.site.state, Date.now());
  const received = new ShardTable();
  const view = new ReceivedView(received);
  const { cluster } = first;
  const shown = confirmedView(view);
  const shared = { site, cluster, state, received, view, shown, signal, making };
  const parts: Parts = { ...shared, executor: undefined, leaving: undefined, session: "disconnected" };
  const manifests = followManifests(parts);
  const facts = observeManifests(parts, manifests);
  const executor = startExecutor(parts, manifests, facts);
  parts.executor = executor;
  await facts.synced;
  if (signal.aborted) return undefined;
  onServing();
  let next: Membership | undefined;
  const onChange = (changed: Membership): void => {
    site.log.info({ cluster: changed.cluster }, "there is a newer certificate");
    if (changed.cluster === cluster) return;
    next = changed;
    over.abort();
  };
  const onProblem = (error: unknown): void =>
    site.log.warn({ err: error }, "the membership could not be looked at");
  const kept = keepMembership({ files: site.options.site, first, onChange, onProblem }, signal);
  const session = openSession(parts, facts, executor, kept.current);
  facts.onWake(() => session.wake());
  startReporting({ executor, session, metrics: site.metrics }, making);
  const leaving = followLeaving(
    parts,
    (report) => session.report(report),
    () => silent.abort(),
  );
  const outcome = await Promise.race([aborted(signal), leaving.left]);
  session.close();
  over.abort();
  if (outcome === "left") await markLeft(site.options.site, cluster);
  return next;
}

function followLeaving(
  parts: Parts,
  report: (report: Report) => void,
  stopMaking: () => void,
): Omit<Leaving, "heard"> {
  const { site, cluster, view, signal } = parts;
  const { log, options } = site;
  const folder = new RenderedFolder(options.site.output, (change) => log.debug(change, "rendered"));
  parts.leaving = followSiteLeaving({ folder, cluster, view, stopMaking, report, log }, signal);
  return parts.leaving;
}

function followManifests(parts: Parts): Manifests {
  const { site, state, signal } = parts;
  const { options, log } = site;
  let keeping: Promise<void> = Promise.resolve();
  const keep = (firstSeen: SiteState["firstSeen"]): void => {
    keeping = keeping
      .then(() => keepState(options.site.state, { ...state, firstSeen }))
      .catch((error: unknown) => log.warn({ err: error }, "when exports were first seen could not be kept"));
  };
  return new Manifests(
    {
      directory: options.site.manifests,
      firstSeen: state.firstSeen,
      onFirstSeen: keep,
      onFaults: (faults) => {
        if (faults.length === 0) log.info("every manifest can be read");
        for (const fault of faults) log.error(fault);
        parts.executor?.touchStatus();
      },
      onChange: () => {
        parts.executor?.touchSite();
        parts.executor?.touchStatus();
      },
    },
    signal,
  );
}

function observeManifests(parts: Parts, { follow }: Manifests): ObservedFacts {
  const { site, cluster, state, signal } = parts;
  const { epoch, incarnation } = state;
  return observe(
    site.options,
    { epoch, signal },
    {
      follow,
      cluster,
      incarnation,
      onExport: (namespace, name) => parts.executor?.touchExport(namespace, name),
      onNamespace: (name) => parts.executor?.touchNamespace(name),
      onServiceFamilies: () => parts.executor?.touchAll(),
      onProblem: problemLog(site.log),
    },
  );
}

function startExecutor(parts: Parts, manifests: Manifests, facts: ObservedFacts): DirectoryExecutor {
  const { site, cluster, view, shown, making } = parts;
  const { options, log } = site;
  return new DirectoryExecutor(
    {
      folder: new RenderedFolder(options.site.output, (change) => log.debug(change, "rendered")),
      pool: addressPool(options.site.clustersetIpRanges),
      clusterName: cluster,
      view: shown,
      cluster: facts.observer,
      events: eventLog(log),
      about: () => ({
        incarnation: facts.table.incarnation,
        session: parts.session,
        quarantine: view.member(cluster)?.ranges.filter(({ admitted }) => !admitted) ?? [],
        findings: [...manifests.faults.map(faultFinding), ...facts.table.untold.findings()],
      }),
      onProblem: problemLog(log),
      onRepair: (path) =>
        log.warn(
          { path, reason: "EditedByHand" },
          "a rendered file was changed by others; it is written again",
        ),
    },
    making,
  );
}

function openSession(
  parts: Parts,
  facts: ObservedFacts,
  executor: DirectoryExecutor,
  membership: () => Membership,
): SessionClient {
  const showState = followState(parts.site);
  return openHubSession({
    membership,
    epoch: parts.state.epoch,
    facts: facts.table,
    received: parts.received,
    onChanges: follower(parts, executor),
    isLacking: facts.isLacking,
    onCaughtUp: () => {
      parts.view.caughtUp();
      parts.shown.confirm();
      executor.touchAll();
    },
    onState: (now) => {
      parts.session = now.state === "connected" ? "connected" : "disconnected";
      executor.touchStatus();
      showState(now);
      parts.leaving?.state(now);
    },
  });
}

/** Hands each frame's changes to everybody whom they concern; the view first. */
function follower(parts: Parts, executor: DirectoryExecutor) {
  const { site, view, cluster } = parts;
  const { metrics, log } = site;
  const subject = { resource: resources.namespaces, namespace: "", name: "", uid: "" };
  // The teller logs what it tells; there is nobody else to be told here.
  const events: EventSink = { record: () => undefined };
  const tellQuarantine = quarantineTeller({ cluster, view, events, subject, log });
  return (changes: readonly ShardChange[]): void => {
    for (const change of changes) view.follow(change);
    for (const change of changes) executor.follow(change);
    showPropagation(metrics, changes);
    if (!changes.some(({ id }) => id.kind === "member")) return;
    tellQuarantine();
    parts.leaving?.changed();
  };
}

function problemLog(log: Logger): (error: Error) => void {
  return (error) => log.warn({ err: error }, "problem");
}

function eventLog(log: Logger): EventSink {
  return {
    record: ({ resource, namespace, name }, { type, reason, note }) => {
      const about = { object: `${resource.kind} ${namespace}/${name}`, reason };
      if (type === "Warning") log.warn(about, note);
      else log.info(about, note);
    },
  };
}

/** `file:line: reason` as a finding about the place. */
function faultFinding(fault: string): Finding {
  const [subject = fault] = /^.*?:\d+(?=: )/.exec(fault) ?? [];
  return { subject, reason: "ManifestInvalid", message: fault };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    signal.addEventListener("abort", () => done(), { once: true });
    if (signal.aborted) done();
  });
}
