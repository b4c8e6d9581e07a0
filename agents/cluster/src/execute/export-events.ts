// Which changes of an export's conditions people are told of by an Event. Pure.

import type { Reason } from "@sealane/core";
import type { EventSubject, EventText } from "../kube/events.ts";
import type { Condition } from "../observe/parse-service-export.ts";
import type { Claim } from "./conditions.ts";

/** Where Events go: into the cluster, or into the log where there is none. */
export interface EventSink {
  record(subject: EventSubject, text: EventText): void;
}

/** One Event for each condition that turned bad, one for each remark on a valid export, and one when it became ready. */
export function exportEvents(before: readonly Condition[], claims: readonly Claim[]): readonly EventText[] {
  return claims.flatMap((claim) => {
    const held = before.find((each) => each.type === claim.type);
    if (claim.type === "Valid" && claim.status === "True") return remarkText(claim, held) ?? [];
    if (held !== undefined && held.status === claim.status && held.reason === claim.reason) return [];
    return eventText(claim, held) ?? [];
  });
}

function eventText(
  { type, status, reason, message }: Claim,
  before: Condition | undefined,
): EventText | undefined {
  const action = "Export";
  if (type === "Ready" && status === "True") {
    return { type: "Normal", reason, action, note: "The service is exported to the cluster set." };
  }
  const bad = (type === "Conflict" && status === "True") || (type === "Valid" && status === "False");
  const refused =
    type === "Ready" &&
    status === "False" &&
    before?.reason !== reason &&
    message !== "" &&
    reason !== "NoService" &&
    reason !== "InvalidServiceType";
  if (!bad && !refused) return undefined;
  // A reason of an Event is one word; of several conflicts the first names it.
  return { type: "Warning", reason: reason.split(",")[0] ?? reason, action, note: message };
}

/** What the owner of a valid export should know. */
function remarkText({ message }: Claim, before: Condition | undefined): EventText | undefined {
  if (message === "" || message === before?.message) return undefined;
  return { type: "Warning", reason: "ExportedPartly" satisfies Reason, action: "Export", note: message };
}
