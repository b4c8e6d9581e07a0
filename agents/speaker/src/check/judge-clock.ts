// Two clocks, as the session between them measured it. Pure.

import type { CheckResult } from "@sealane/core";
import { clockOffsetSecondsMax, well, wrong } from "@sealane/core";

/** Nothing while the offset is unmeasured; `whose` names the other clock. */
export function judgeClock(whose: string, offsetSeconds: number | undefined): readonly CheckResult[] {
  if (offsetSeconds === undefined) return [];
  const subject = "clock";
  const apart = Math.abs(offsetSeconds);
  const said = `${apart.toFixed(3)} s ${offsetSeconds < 0 ? "ahead of" : "behind"} that of ${whose}`;
  if (apart <= clockOffsetSecondsMax) return [well(subject, `is ${said}`)];
  return [
    wrong(
      subject,
      "ClockOffset",
      `this node's clock is ${said}; at most ${clockOffsetSecondsMax} s do no harm`,
    ),
  ];
}
