// The agent's DNS: the loop that publishes names, its last report, and what the log says of it.

import type { DesiredNames } from "@sealane/core";
import type { TextEdit } from "./dns/placed.ts";
import type { NamesReport } from "./dns/publish.ts";
import { startNames } from "./dns/start-names.ts";
import type { EventRecorder, EventSubject, EventText } from "./kube/events.ts";
import { resources } from "./kube/resource.ts";
import type { Agent } from "./leader.ts";

/** The running DNS part. */
export interface DnsPart {
  readonly offer: (names: DesiredNames) => void;
  /** Undefined before the first pass. */
  readonly report: () => NamesReport | undefined;
}

/** Where Events go, and what they are about when their object is gone. */
export interface EventTarget {
  readonly events: EventRecorder;
  readonly subject: EventSubject;
}

/** Starts it; it ends with the signal. */
export function startDns(
  { client, options, log }: Agent,
  { events, subject }: EventTarget,
  signal: AbortSignal,
): DnsPart {
  let last: NamesReport | undefined;
  let told = "";
  const tell = ({ findings, generation }: NamesReport) => {
    const text = JSON.stringify(findings);
    if (text === told) return;
    told = text;
    if (findings.length > 0) log.warn({ findings }, "names are not as wanted yet");
    else log.info({ generation }, "names are live on every replica");
  };
  const loop = startNames(
    client,
    options.namespace,
    {
      onReport: (report) => {
        last = report;
        tell(report);
      },
      onRepaired: (edit) => {
        const { text, about } = repairOf(edit, subject);
        log.warn({ configMap: edit.configMap.name, field: edit.field }, text.note);
        events.record(about, text);
      },
      onError: (error) => log.warn({ err: error }, "names could not be published"),
    },
    signal,
  );
  return { offer: (names) => loop.offer(names), report: () => last };
}

function repairOf(
  { configMap: { namespace, name }, uid, field }: TextEdit,
  fallback: EventSubject,
): { readonly text: EventText; readonly about: EventSubject } {
  const note = `ConfigMap ${namespace}/${name} was edited (${field}) and was put back: it follows from the mesh's zones, so edits do not last.`;
  const about = uid === "" ? fallback : { resource: resources.configMaps, namespace, name, uid };
  return { text: { type: "Warning", reason: "EditedByHand", action: "Repair", note }, about };
}
