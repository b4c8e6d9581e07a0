// What DNS tells a person when something is not as wanted: the closed list of its reasons, and one finding.

/** Every reason with one sentence for a person: what it means and what to do. */
export const dnsReasons = {
  NamesUnknown:
    "Nothing can be rendered yet, so what is there stays. It resolves itself when the missing part is known.",
  NamesRefused:
    "A peer's names were refused because what is said of them cannot be true. Correct the peer's entry.",
  PeerAddressUnknown: "A peer's mesh-dns has no admitted address yet, so its zone is not served.",
  ObjectForeign: "An object of our name belongs to somebody else. Rename or delete it.",
  ZoneForeign:
    "A block in the cluster's own Corefile already serves a zone of the mesh. Remove the zone from it.",
  CorefileUnreadable:
    "The cluster's own Corefile cannot be read. Correct it; CoreDNS would not start with it either.",
  ClusterDnsUnknown:
    "The cluster's own DNS is not CoreDNS with a Corefile where kubeadm puts it. Forward the mesh's zones to mesh-dns by hand.",
  ClusterDnsNotForwarding:
    "The cluster's own DNS does not answer the mesh's zone. It takes a changed Corefile within two minutes; then look into its log.",
  ReplicaMissing: "mesh-dns has no running replica. Look at its pods.",
  ReplicaNotLive: "A replica of mesh-dns does not serve the newest configuration. Look into its log.",
  WriteFailed: "The API server refused a write or could not be reached. It is tried again.",
} as const satisfies Record<string, string>;

/** One of the closed list. */
export type DnsReason = keyof typeof dnsReasons;

/** One thing that is not as wanted. */
export interface DnsFinding {
  /** A zone, `namespace/name` of an object, or a replica. */
  readonly subject: string;
  readonly reason: DnsReason;
  /** For a person: this very case. */
  readonly message: string;
}
