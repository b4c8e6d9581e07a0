// What DNS tells a person when something is not as wanted: its part of the closed list of reasons, and one finding.

import type { Finding, Reason } from "@sealane/core";

/** The reasons that DNS gives. */
export type DnsReason = Extract<
  Reason,
  | "NamesUnknown"
  | "NamesRefused"
  | "PeerAddressUnknown"
  | "ObjectNotOurs"
  | "ZoneForeign"
  | "CorefileUnreadable"
  | "ClusterDnsUnknown"
  | "ClusterDnsNotForwarding"
  | "ReplicaMissing"
  | "ReplicaNotLive"
  | "WriteFailed"
  | "EditedRepeatedly"
>;

/** One thing that is not as wanted: a zone, `namespace/name` of an object, or a replica. */
export interface DnsFinding extends Finding {
  readonly reason: DnsReason;
}
