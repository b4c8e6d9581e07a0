// One site that is a directory of manifests, wired by hand: membership, manifests, hub session, rendered files. It runs
// until its signal aborts, and takes nothing back that it wrote.

import { isAbsolute, relative, resolve } from "node:path";
import type { Logger } from "pino";
import type { Finding } from "@sealane/core";
import type { ShardChange } from "@sealane/wire";
import { ReceivedView, ShardTable } from "@sealane/wire";
import { addressPool } from "../execute/directory/address-pool.ts";
import { DirectoryExecutor } from "../execute/directory/executor.ts";
import { RenderedFolder } from "../execute/directory/rendered-folder.ts";
import type { EventSink } from "../execute/export-events.ts";
import { serveHttp } from "../http.ts";
import { openHubSession } from "../link/hub-session.ts";
import { observe } from "../link/observed-facts.ts";
import type { Membership } from "../link/membership.ts";
import type { Metrics } from "../metrics.ts";
import { showPropagation } from "../metrics.ts";
import { resources } from "../kube/resource.ts";
import { Manifests } from "../observe/directory/manifests.ts";
import type { AgentOptions } from "../options.ts";
import { quarantineTeller } from "../quarantine.ts";
import { untilDone } from "../retry.ts";
import { followState } from "../standing.ts";
import { keepMembership } from "./keep-membership.ts";
import { ensureMembership } from "./membership.ts";
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

/** Runs until the signal aborts. Rejects only on what no retry can mend. */
export async function runSite(site: Site, signal: AbortSignal): Promise<void> {
  const { options, log, metrics } = site;
  requireApart(options.site);
  const standing: Standing = { problem: "the site has not joined" };
  const http = await serveHttp(options.metricsListen, metrics.registry, () =>
    standing.problem === undefined ? { ready: true } : { ready: false, why: standing.problem },
  );
  log.info({ manifests: options.site.manifests, output: options.site.output }, "site started");
  try {
    let membership = await untilDone(
      () => ensureMembership(options.site, Date.now()),
      signal,
      (error) => log.error({ err: error }, "cannot join"),
    );
    while (membership !== undefined && !signal.aborted) {
      log.info({ cluster: membership.cluster, hub: membership.hub }, "member of the mesh");
      membership = await serve(site, membership, standing, signal);
    }
  } finally {
    http.close();
  }
}

/** How the site stands, for readiness. */
interface Standing {
  problem: string | undefined;
}

/** Serves as one cluster. Gives the next membership when the site has joined as another, undefined at the end. */
async function serve(
  site: Site,
  membership: Membership,
  standing: Standing,
  whole: AbortSignal,
): Promise<Membership | undefined> {
  const { options, log } = site;
  const { cluster } = membership;
  const over = new AbortController();
  const signal = AbortSignal.any([whole, over.signal]);
  const state = await openState(options.site.state, Date.now());
  const received = new ShardTable();
  const view = new ReceivedView(received);
  const made: Parts = { executor: undefined, session: "disconnected" };
  const onProblem = (error: Error): void => log.warn({ err: error }, "problem");
  const manifests = followManifests(site, state, made, signal);
  const facts = observe(
    options,
    { epoch: state.epoch, signal },
    {
      follow: manifests.follow,
      cluster,
      incarnation: state.incarnation,
      onExport: (namespace, name) => made.executor?.touchExport(namespace, name),
      onNamespace: (name) => made.executor?.touchNamespace(name),
      onProblem,
    },
  );
  const executor = new DirectoryExecutor(
    {
      folder: new RenderedFolder(options.site.output, ({ action, path }) =>
        log.debug({ action, path }, "rendered"),
      ),
      pool: addressPool(options.site.clustersetIpRanges),
      clusterName: cluster,
      view,
      cluster: facts.observer,
      events: eventLog(log),
      about: () => ({
        incarnation: facts.table.incarnation,
        session: made.session,
        quarantine: view.member(cluster)?.ranges.filter(({ admitted }) => !admitted) ?? [],
        findings: manifests.faults.map(faultFinding),
      }),
      onProblem,
      onRepair: (path) => log.warn({ path }, "a rendered file was changed by others; it is written again"),
    },
    signal,
  );
  made.executor = executor;
  await facts.synced;
  if (signal.aborted) return undefined;
  standing.problem = undefined;
  let next: Membership | undefined;
  const kept = keepMembership(
    {
      files: options.site,
      first: membership,
      onChange: (changed) => {
        log.info({ cluster: changed.cluster }, "there is a newer certificate");
        if (changed.cluster === cluster) return;
        next = changed;
        over.abort();
      },
      onProblem: (error) => log.warn({ err: error }, "the membership could not be looked at"),
    },
    signal,
  );
  const showState = followState(site);
  const session = openHubSession({
    membership: kept.current,
    epoch: state.epoch,
    facts: facts.table,
    received,
    onChanges: follower(site, view, executor, cluster),
    onCaughtUp: () => executor.touchAll(),
    onState: (now) => {
      made.session = now.state === "connected" ? "connected" : "disconnected";
      executor.touchStatus();
      showState(now);
    },
  });
  facts.onWake(() => session.wake());
  startReporting({ executor, session, metrics: site.metrics }, signal);
  await aborted(signal);
  session.close();
  return next;
}

/** What is made after those who call it. */
interface Parts {
  executor: DirectoryExecutor | undefined;
  session: "connected" | "disconnected";
}

function followManifests(
  { options, log }: Site,
  state: SiteState,
  made: Parts,
  signal: AbortSignal,
): Manifests {
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
        made.executor?.touchStatus();
      },
      onChange: () => {
        made.executor?.touchSite();
        made.executor?.touchStatus();
      },
    },
    signal,
  );
}

/** Hands each frame's changes to everybody whom they concern; the view first. */
function follower({ metrics, log }: Site, view: ReceivedView, executor: DirectoryExecutor, cluster: string) {
  const subject = { resource: resources.namespaces, namespace: "", name: "", uid: "" };
  // The teller logs what it tells; there is nobody else to be told here.
  const tellQuarantine = quarantineTeller({
    cluster,
    view,
    events: { record: () => undefined },
    subject,
    log,
  });
  return (changes: readonly ShardChange[]): void => {
    for (const change of changes) view.follow(change);
    for (const change of changes) executor.follow(change);
    showPropagation(metrics, changes);
    if (changes.some(({ id }) => id.kind === "member")) tellQuarantine();
  };
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

/** Refuses folders of which one would be read or published as part of another. */
function requireApart({ manifests, output, state }: SiteOptions): void {
  const inside = (path: string, folder: string): boolean => {
    const way = relative(resolve(folder), resolve(path));
    return way === "" || !(way.startsWith("..") || isAbsolute(way));
  };
  for (const [flag, path] of [
    ["--output", output],
    ["--state", state],
  ] as const) {
    if (inside(path, manifests))
      throw new Error(
        `Cannot use ${flag} "${path}": it lies in --directory "${manifests}", whose files are read as manifests`,
      );
  }
  if (inside(state, output))
    throw new Error(
      `Cannot use --state "${state}": it holds keys and lies in --output "${output}", which others read`,
    );
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    signal.addEventListener("abort", () => done(), { once: true });
    if (signal.aborted) done();
  });
}
