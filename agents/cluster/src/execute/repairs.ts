// What people are told when something of ours was edited by hand: the Event of a repair, and that a repair waits.

import type { EventSubject, EventText } from "../kube/events.ts";
import type { Resource } from "../kube/resource.ts";
import type { HandEdit, Owned } from "./own-kind.ts";

/** Somebody edits it again and again: it is put back later. */
export class EditedRepeatedly extends Error {
  override readonly name = "EditedRepeatedly";

  /** Until it may be put back, milliseconds. */
  readonly waitMs: number;

  constructor(what: string, waitMs: number) {
    super(
      `${what} is edited again and again by somebody else, so it is put back only every few seconds. Find out who writes it.`,
    );
    this.waitMs = waitMs;
  }
}

/** The Event of a repair, about the object as it is after it. */
export function repairEvent(
  resource: Resource,
  { namespace, name, uid }: Owned,
  edit: HandEdit,
): [EventSubject, EventText] {
  return [{ resource, namespace, name, uid }, editText(`${resource.kind} ${namespace}/${name}`, edit)];
}

/** The text of a repair: what was edited, and which of its fields. */
export function editText(what: string, { fields }: HandEdit): EventText {
  const done =
    fields.length === 0
      ? "was deleted and was made again"
      : `was edited (${fields.join(", ")}) and was put back`;
  return {
    type: "Warning",
    reason: "EditedByHand",
    action: "Repair",
    note: `${what} ${done}: it follows from what other clusters export, so edits do not last.`,
  };
}
