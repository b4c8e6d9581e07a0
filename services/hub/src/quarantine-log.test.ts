// A quarantine is said once, with everything a person needs, and its end once.

import type { RangeVerdict } from "@sealane/core";
import { pino } from "pino";
import { expect, it } from "vitest";
import { quarantineLog } from "./quarantine-log.ts";

it("says each quarantine once, again when it changes, and when it is over", () => {
  const lines: Record<string, unknown>[] = [];
  const log = quarantineLog(
    pino(
      { base: null, timestamp: false },
      { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    ),
  );
  const range = { prefix: "10.1.0.0/16", kind: "pod", source: "Node/x" } as const;
  const refused: RangeVerdict = {
    ...range,
    admitted: false,
    reason: "RangeOverlap",
    owner: "a",
    ownerPrefix: "10.0.0.0/8",
    overlap: "10.1.0.0/16",
    free: "10.64.0.0/16",
  };
  log.note("c", [refused]);
  log.note("c", [refused]);
  log.note("c", [{ ...refused, free: "10.65.0.0/16" }]);
  log.note("c", [{ ...range, admitted: true, owner: "", ownerPrefix: "", overlap: "", free: "" }]);
  log.note("c", []);
  expect(lines).toEqual([
    {
      level: 40,
      cluster: "c",
      ...range,
      reason: "RangeOverlap",
      owner: "a",
      ownerPrefix: "10.0.0.0/8",
      overlap: "10.1.0.0/16",
      free: "10.64.0.0/16",
      msg: "range quarantined",
    },
    expect.objectContaining({ free: "10.65.0.0/16", msg: "range quarantined" }),
    { level: 30, cluster: "c", range: "pod 10.1.0.0/16", msg: "range is no longer quarantined" },
  ]);
});
