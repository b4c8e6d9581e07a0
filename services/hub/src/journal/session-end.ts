// Why a session ended, as the event that tells it.

import type { Reason } from "@sealane/core";
import type { WireErrorCode } from "@sealane/wire";

const reasonOf: Readonly<Record<WireErrorCode | "internal", Reason>> = {
  closed: "ClusterSilent",
  superseded: "SessionSuperseded",
  denied: "CertificateNotAccepted",
  malformed: "SessionFailed",
  oversized: "SessionFailed",
  mismatch: "SessionFailed",
  schema: "SessionFailed",
  internal: "SessionFailed",
};

/** The reason for an end with this code. */
export function sessionEndReason(code: WireErrorCode | "internal"): Reason {
  return reasonOf[code];
}
