// The closed list of reasons. A decision that says no carries one of these; the same word reaches the
// condition, the metric's label, the event and `sealane explain`.

/** Every reason with one sentence for a person: what it means and what to do. */
export const reasons = {
  RangeOverlap:
    "The range overlaps one that another cluster holds. Change it to the free range that is offered, or to any range that no cluster holds.",
  RangeInvalid: "The range is not a canonical IPv4 or IPv6 prefix. Correct it where it was declared.",
  RangeNotAllowed:
    "The range lies outside what the cluster's document allows it to claim. Change the range or the document.",
  RangeReserved: "The range overlaps one that the ClusterSet reserves. Use another range.",
  AddressOutsideRanges:
    "The address lies outside every range that its cluster holds. Check the cluster's ranges; a quarantined range counts as not held.",
  NamespaceNotAllowed: "The cluster's document does not let it export from this namespace.",
  NoService:
    "There is no Service of the ServiceExport's name in its namespace. Create it, or delete the ServiceExport.",
  InvalidServiceType:
    "A Service of type ExternalName has no address to export. Export a Service with a selector instead.",
  NoReadyEndpoints: "No pod of the service is ready, so no node can serve it.",
  NoNamespace: "The importing cluster has no namespace of this name. Create it to import the service.",
  NotExported: "No cluster exports a service of this name.",
  NotAdmitted: "The cluster has no admitted range of this kind yet.",
  ClusterUnknown: "No cluster of this name is a member.",
  ClusterSilent: "The cluster's agent is not connected; its last good state is held.",
  NodeNoAddress: "The node reports no address of this family, so it cannot be a next hop.",
  NextHopNotOnLink: "The next hop is not on a network that this node is attached to.",
  NextHopCovered: "The next hop lies inside the prefix that it would serve.",
  NextHopCollapse: "Several next hops resolve to one gateway, so the set would not balance.",
  PrefixForbidden:
    "The prefix would cover an address that the mesh itself needs, or is a default or link-local route.",
  PortConflict: "Exports of this service differ in their ports. The oldest export's ports are used.",
  TypeConflict: "Exports of this service differ in their type. The oldest export's type is used.",
  SessionAffinityConflict: "Exports of this service differ in session affinity. The oldest export's is used.",
  SessionAffinityConfigConflict:
    "Exports of this service differ in session affinity time-out. The oldest export's is used.",
  InternalTrafficPolicyConflict:
    "Exports of this service differ in internal traffic policy. The oldest export's is used.",
  TrafficDistributionConflict:
    "Exports of this service differ in traffic distribution. The oldest export's is used.",
  LabelsConflict: "Exports of this service differ in their exported labels. The oldest export's are used.",
  AnnotationsConflict:
    "Exports of this service differ in their exported annotations. The oldest export's are used.",
  IPFamilyConflict:
    "Exports of this service differ in IP families, so some backends are reached by one family only.",
  IPFamilyNotSupported:
    "The importing cluster has no addresses of any IP family that the service has, so it gets none there.",
  ObjectNotOurs:
    "An object of the wanted name exists that Sealane did not make. It is left alone: delete or rename it.",
  JoinFailed:
    "The cluster could not join the hub. The message says what was refused; create a new token if need be.",
  NamesUnknown:
    "Nothing can be rendered yet, so what is there stays. It resolves itself when the missing part is known.",
  NamesRefused:
    "A peer's names were refused because what is said of them cannot be true. Correct the peer's entry.",
  PeerAddressUnknown: "A peer's mesh-dns has no admitted address yet, so its zone is not served.",
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
  ApplyFailed: "What was applied was not found in the daemon or the kernel afterwards, and was rolled back.",
} as const satisfies Record<string, string>;

/** One of the closed list. */
export type Reason = keyof typeof reasons;

/** A decision that says no, with its reason and a sentence about this very case. */
export interface Refusal {
  readonly yes: false;
  readonly reason: Reason;
  readonly message: string;
}

/** A decision: yes, or no. */
export type Verdict = { readonly yes: true } | Refusal;

/** The verdict that says yes. */
export const yes: Verdict = { yes: true };

/** The verdict that says no. */
export function no(reason: Reason, message: string): Refusal {
  return { yes: false, reason, message };
}
