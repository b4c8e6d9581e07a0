// The relay to this cluster's speakers for one term: keys, where to find the leader, the listener, the sessions.

import type { Report, ShardChange } from "@sealane/wire";
import type { Term } from "../kube/lease.ts";
import type { Agent } from "../leader.ts";
import type { ReceivedPart } from "../received-part.ts";
import { untilDone } from "../retry.ts";
import { followListener } from "./follow-listener.ts";
import { ensureListenerKeys, serveSpeakers } from "./listener.ts";
import { writeListenerConfigMap } from "./listener-config-map.ts";
import { reviewSpeaker } from "./reviewer.ts";
import { Speakers } from "./speakers.ts";

/** What the relay needs. */
export interface RelayOptions {
  readonly agent: Agent;
  readonly term: Term;
  /** Ends before the term when the cluster leaves: from then on nothing is written for speakers to find. */
  readonly making: Term;
  readonly cluster: string;
  readonly received: Pick<ReceivedPart, "table" | "confirmed">;
  /** Underlay addresses of the node that this leader runs on. */
  readonly addresses: () => readonly string[];
}

/** A running relay. */
export interface Relay {
  /** What is received may be acted on. */
  readonly confirm: () => void;
  readonly changed: (changes: readonly ShardChange[]) => void;
  /** The hub has sent everything once: what is not held does not exist. */
  readonly settle: () => void;
  /** Nodes whose speakers are connected. */
  readonly nodes: () => readonly string[];
  readonly onReport: (listener: (report: Report) => void) => void;
  readonly close: () => void;
}

/** Starts the relay. Without a listener the agent still leads: it is tried again until the term ends. */
export function startRelay({ agent, term, making, cluster, received, addresses }: RelayOptions): Relay {
  const { client, options, metrics, log } = agent;
  let report: (report: Report) => void = () => undefined;
  const speakers = new Speakers({
    cluster,
    epoch: term.epoch,
    received: received.table,
    confirmed: received.confirmed(),
    review: (token) =>
      reviewSpeaker(client, token, `system:serviceaccount:${options.namespace}:sealane-speaker`),
    onReport: (given) => report(given),
    onSpeaker: (node, state, why) => {
      metrics.speakers.set(speakers.nodes.length);
      log.info({ node, why }, `speaker ${state}`);
    },
  });
  let close: () => void = () => undefined;
  const warn = (error: unknown) => log.error({ err: error }, "speakers cannot connect");
  const serve = async () => {
    const keys = await untilDone(
      () => ensureListenerKeys(client, options.namespace, Date.now()),
      term.signal,
      warn,
    );
    if (keys === undefined) return;
    const { namespace, listen } = options;
    const content = { namespace, authority: keys.authority, cluster };
    // Before the listener: the speakers' pods wait for the ConfigMap.
    const publish = async () => writeListenerConfigMap(client, making, { ...content, addresses: [] });
    await untilDone(publish, making.signal, warn);
    const served = await untilDone(() => serveSpeakers(listen, keys, speakers.open), term.signal, warn);
    if (served === undefined) return;
    close = served.close;
    if (term.signal.aborted) close();
    await followListener({ client, term: making, content, listen, addresses, onProblem: warn });
  };
  void serve();
  return {
    confirm: () => speakers.confirm(),
    changed: (changes) => speakers.changed(changes),
    settle: () => speakers.settle(),
    nodes: () => speakers.nodes,
    onReport: (listener) => {
      report = listener;
    },
    close: () => close(),
  };
}
