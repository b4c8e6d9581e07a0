// The closed list of what the hub's journal tells. An event that says no carries a reason beside its kind.

/** Every kind of event with one sentence for a person. */
export const eventKinds = {
  SessionOpened: "A cluster's agent connected.",
  SessionEnded: "A cluster's agent is no longer connected.",
  SessionRefused: "A connection was refused.",
  ClusterJoined: "A cluster traded a token for its first certificate.",
  JoinRefused: "A cluster could not join.",
  ClusterLeaving: "A person makes a cluster leave; the others let go of it.",
  ClusterLeft: "A cluster has left.",
  RangeAdmitted: "A cluster holds a range from now on.",
  RangeQuarantined: "A range of a cluster takes no part.",
  RangeReleased: "A cluster no longer reports a range.",
  ExportAccepted: "A cluster's export takes part.",
  ExportConflicted: "A cluster's export takes part, and differs from an older one.",
  ExportRefused: "A cluster's export takes no part.",
  ExportWithdrawn: "A cluster no longer exports a service.",
  TokenCreated: "A join token was made.",
  TokenUsed: "A join token was used up.",
  TokenRevoked: "A join token was made unusable.",
  DocumentRefused: "A document of the watched directory is not used.",
  DocumentsAccepted: "Every document of the watched directory is used again.",
  LogLevelSet: "The hub logs at another level.",
} as const satisfies Record<string, string>;

/** One of the closed list. */
export type EventKind = keyof typeof eventKinds;
