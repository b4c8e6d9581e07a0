// Turns what is wrong with the watched directory into events: each fault once while it stands, and its end.

import type { Journal } from "./journal.ts";

/** Hears every reading's faults, as `FILE:LINE: why`. */
export function journalDocuments(journal: Journal): (refused: readonly string[]) => void {
  let told: ReadonlySet<string> = new Set();
  return (refused) => {
    for (const fault of refused) {
      if (told.has(fault)) continue;
      const [place = ""] = fault.split(": ");
      journal.note({
        kind: "DocumentRefused",
        cluster: "",
        subject: `document/${place}`,
        reason: "DocumentInvalid",
        message: fault,
      });
    }
    if (refused.length === 0 && told.size > 0) {
      const message = "every document is accepted";
      journal.note({ kind: "DocumentsAccepted", cluster: "", subject: "hub", message });
    }
    told = new Set(refused);
  };
}
