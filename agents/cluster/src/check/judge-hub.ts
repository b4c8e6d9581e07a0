// The way to the hub, and how long the cluster's certificate still holds. Pure.

import type { CheckResult } from "@sealane/core";
import { notMade, well, wrong } from "@sealane/core";

/** One of the hub's ports, or the open session, as it was seen. */
export interface HubState {
  /** What was tried: `session with hub:7443`, `join at hub:7442`. */
  readonly what: string;
  readonly answer: "reached" | "failed" | "untried";
  /** For a person. */
  readonly message: string;
}

/** The certificate's times, Unix milliseconds. */
export interface CertificateLife {
  readonly renewalUnixMs: number;
  readonly expiryUnixMs: number;
}

/** One result for each. */
export function judgeHub(states: readonly HubState[]): readonly CheckResult[] {
  return states.map(({ what, answer, message }) => {
    switch (answer) {
      case "reached":
        return well(what, message);
      case "failed":
        return wrong(what, "HubUnreachable", message);
      case "untried":
        return notMade(what, message);
    }
  });
}

/** A renewal is tried every minute from when it is due; a quarter of what is left then is patience enough. */
export function judgeCertificate(
  { renewalUnixMs, expiryUnixMs }: CertificateLife,
  nowUnixMs: number,
): CheckResult {
  const subject = "certificate";
  const until = new Date(expiryUnixMs).toISOString();
  const overdueUnixMs = renewalUnixMs + (expiryUnixMs - renewalUnixMs) / 4;
  if (nowUnixMs < overdueUnixMs) return well(subject, `holds until ${until}`);
  const due = new Date(renewalUnixMs).toISOString();
  const ends = nowUnixMs < expiryUnixMs ? "ends" : "ended";
  return wrong(subject, "CertificateNotRenewed", `it was to be renewed at ${due}, and ${ends} at ${until}`);
}
