// Tells people of this cluster what speakers found edited by hand on their nodes: a file there has no object of its
// own, so the Event is about the agent's namespace.

import type { Report } from "@sealane/wire";
import type { EventRecorder, EventSubject } from "./kube/events.ts";

/** Hears speakers' reports; each says an edit once. */
export function editTeller(events: EventRecorder, subject: EventSubject): (report: Report) => void {
  return ({ node, findings }) => {
    for (const { reason, message } of findings) {
      if (reason !== "EditedByHand" && reason !== "EditedRepeatedly") continue;
      events.record(subject, { type: "Warning", reason, action: "Repair", note: `Node ${node}: ${message}` });
    }
  };
}
