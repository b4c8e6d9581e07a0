// The closed list of reasons. A decision that says no carries one of these; the same word reaches the
// condition, the metric's label, the event and `sealane explain`.

/** Every reason with one sentence for a person: what it means and what to do. */
export const reasons = {
  RangeOverlap:
    "The range overlaps one that another cluster holds. Change it to the free range that is offered, or to any range that no cluster holds.",
  RangeReleasing:
    "Another cluster let the range go, and not every member has let go of it yet. It is admitted by itself when all have; or use the free range that is offered.",
  RangeInvalid: "The range is not a canonical IPv4 or IPv6 prefix. Correct it where it was declared.",
  RangeNotAllowed:
    "The range lies outside what the cluster's document allows it to claim. Change the range or the document.",
  RangeReserved: "The range overlaps one that the ClusterSet reserves. Use another range.",
  AddressOutsideRanges:
    "The address lies outside every range that its cluster holds. Check the cluster's ranges; a quarantined range counts as not held.",
  ServiceTooLarge:
    "Together with older exports of its name the export has more ports, labels and annotations than one service may. Export fewer, or under another name.",
  ServiceInvalid:
    "The exported Service has a port or an affinity that no API server takes, so no cluster could import it. Correct the field that is named.",
  NamespaceNotAllowed: "The cluster's document does not let it export from this namespace.",
  NoService:
    "There is no Service of the ServiceExport's name in its namespace. Create it, or delete the ServiceExport.",
  InvalidServiceType:
    "A Service of type ExternalName has no address to export. Export a Service with a selector instead.",
  ExportedPartly:
    "The export is valid, and something of it is left out or done otherwise. Its condition Valid says what, and what to change.",
  NoReadyEndpoints: "No pod of the service is ready, so no node can serve it.",
  NoNamespace: "The importing cluster has no namespace of this name. Create it to import the service.",
  NotExported: "No cluster exports a service of this name.",
  NotAdmitted: "The cluster has no admitted range of this kind yet.",
  ClusterUnknown: "No cluster of this name is a member.",
  ClusterSilent: "The cluster's agent is not connected; its last good state is held.",
  HubBehind:
    "The hub started from less than this cluster has seen, as after a restore, and tells it the rest once the named clusters have spoken again. Connect them, or, where one is gone for good, run sealane leave NAME --force.",
  SessionSuperseded:
    "A newer session or a newer leader of the same cluster took this one's place. Nothing is to be done.",
  SessionFailed:
    "The session ended over a message that could not be taken. It is opened again; if that repeats, compare the versions of hub and agent.",
  CertificateNotAccepted:
    "The certificate is unknown, expired, revoked or another cluster's. Join again with a new token.",
  NameTaken:
    "Another cluster speaks under this name. Join this one under a name of its own, or, if it replaces the other, with a new token.",
  DocumentInvalid:
    "A document of the watched directory cannot be used, and its last good content holds. Correct it where the message says.",
  NodeNoAddress: "The node reports no address of this family, so it cannot be a next hop.",
  NextHopNotOnLink: "The next hop is not on a network that this node is attached to.",
  NextHopCovered: "The next hop lies inside the prefix that it would serve.",
  NextHopCollapse: "Several next hops resolve to one gateway, so the set would not balance.",
  PrefixForbidden:
    "The prefix would cover an address that the mesh itself needs, or is a default or link-local route.",
  PortConflict:
    "Exports of this service differ in their ports. All are used, and where two collide the older export's.",
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
  KubeProxyNotSynced:
    "The node's kube-proxy has not written its rules in this boot, so the node announces nothing yet. Look at kube-proxy there.",
  ManifestInvalid:
    "A manifest file, or the directory, cannot be read. What it said before holds: correct the line that is named.",
  FileNotWritten:
    "A rendered file could not be written. It is tried again: look at the folder's rights and its free space.",
  ApplyFailed: "What was applied was not found in the daemon or the kernel afterwards, and was rolled back.",
  MultipathHashCoarse:
    "The kernel spreads flows over several next hops by their addresses alone, so every flow between two hosts takes one node. Set the named sysctl to 1.",
  ForwardingOff:
    "The node drops what it should pass on to its pods. Set the named sysctl to 1, also in /etc/sysctl.d.",
  ReversePathStrict:
    "The kernel drops packets whose way back would leave by another link, as it may with several next hops. Set the named sysctl to 0 or 2.",
  MtuBelowPods:
    "The uplink carries smaller packets than this node's pods send, so large ones from other clusters get lost. Raise the uplink's MTU, or lower the pods' in every cluster.",
  PathTooNarrow:
    "Packets of the uplink's full size do not reach other nodes on it, while small ones do. Give every link of that network the same MTU: the nodes', and the switches' between them.",
  NextHopSilent:
    "A next hop does not answer on the network that it should be on. Look at that node, and at the network in between.",
  ClockOffset:
    "Two clocks differ so much that lags mean nothing and certificates may seem not yet valid. Run a time service (chrony, systemd-timesyncd).",
  BirdUnreachable:
    "BIRD does not answer at its control socket, so no route can change. Start it; its log says why it ended.",
  BirdConfigInvalid:
    "BIRD would refuse its configuration file as it is now, and not start again. Correct the line that is named.",
  BirdNotIncluded:
    'BIRD does not know Sealane\'s functions. Add include "/var/lib/sealane/bird/sealane.conf"; to its main file, then birdc configure.',
  BirdFilterWithholds:
    "A protocol of BIRD keeps Sealane's routes back. Call sealane_install() in the kernel protocols' export filter, sealane_announce() in the BGP sessions'.",
  KubeProxyMasqueradesAll:
    "kube-proxy hides every client's address behind its node's. Set masqueradeAll to false in its configuration and restart it.",
  KubeProxyLocalUnknown:
    "kube-proxy cannot tell this cluster's pods from others, so it hides nobody's address, and answers to other clusters may go astray. Set clusterCIDR for each IP family, or another detectLocalMode.",
  KubeProxyLocalTooWide:
    "kube-proxy takes other clusters' pods for its own, so answers to them go astray. Limit clusterCIDR (or the interface prefix) to this cluster's own pods.",
  PermissionMissing:
    "The agent lacks a permission that it needs. Apply deploy/manifests again: kubectl apply --server-side -k deploy/manifests",
  DefinitionNotServed:
    "The API server does not serve a kind of the Multi-Cluster Services API as it is needed. Apply deploy/crds: kubectl apply --server-side -k deploy/crds",
  HubUnreachable:
    "The hub does not answer as this cluster's hub. Check its address in the Secret sealane-join, firewalls for both its ports, and that it runs.",
  CertificateNotRenewed:
    "The cluster's certificate towards the hub is overdue for renewal. The agent's log says why; after its end, join again with a new token.",
  StubMissing:
    "The cluster's own DNS has no block for a zone of the mesh. Let the agent patch the Corefile, or forward the zone to mesh-dns by hand.",
  ReportMissing:
    "An agent or a speaker has not said how it stands, or not lately. Look at its pod and its log.",
  CheckNotMade:
    "What a check looks at could not be read, so it is neither well nor wrong. The message says what stood in the way.",
  ClusterLeaving:
    "The cluster is leaving the mesh by a person's word, so nothing of it is exported, routed to or named any more.",
  LeftBehind: "A cluster that left the mesh still has this. The message says why, and how to take it away.",
  LastGoodNotKept:
    "What the agent received is not kept in its cluster, so an agent that starts while the hub is away holds what is there and adds nothing. Bring the hub back before agents restart.",
  ObjectUnreadable:
    "An object is not what its kind promises, so what was known of it stays. Correct the field that is named, or delete the object.",
  FactTooLarge:
    "Something of the cluster has more bytes than the hub takes of one thing, so what the hub had of it before stays. Make it smaller, as the message says.",
  SelectorInvalid:
    "The annotation sealane.dev/export-selector of a namespace cannot be read, so no export is made or taken away there. Correct it, or remove it.",
  SelectorNotAllowed:
    "Services of a system namespace are not exported by a selector. Remove the annotation, and export single Services by a ServiceExport.",
  EditedByHand:
    "Somebody changed or deleted something that Sealane owns, and it was put back. Change what it follows from instead.",
  EditedRepeatedly:
    "Somebody changes something that Sealane owns again and again. It is put back more rarely: find out who writes it.",
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
