// What other packages may use of wire. Generated code stays inside; messages of the admin and join services
// leave as types only.

export type { WireErrorCode } from "./error.ts";
export { WireError } from "./error.ts";
export type { Values } from "./codec/values.ts";
export { decodeValue, encodeValue } from "./codec/values.ts";
export { toWireMerged, toWireVerdict } from "./codec/published.ts";
export type { Section, SectionEntry } from "./codec/shards.ts";
export { entryDigest } from "./digest.ts";
export type { HeldEntry, ShardChange } from "./shard-table.ts";
export { ShardMismatch, ShardTable } from "./shard-table.ts";
export { Outbox } from "./outbox.ts";
export { ReceivedView } from "./received-view.ts";
export { archiveShard, openArchive } from "./shard-archive.ts";

export type { Beat, Frame, Hello, Report, Welcome } from "./session/messages.ts";
export { schemaRange } from "./session/messages.ts";
export type { LinkCounts } from "./session/link.ts";
export { nowUnixUs } from "./session/link.ts";
export type { OpenSession, ServedSession, SessionHandler } from "./session/server.ts";
export {
  agreeSchema,
  sessionImplementation,
  sessionServiceDefinition,
  statusOfError,
} from "./session/server.ts";
export type { SessionClientOptions, SessionState } from "./session/client.ts";
export { SessionClient } from "./session/client.ts";

export { channelOptions } from "./grpc/service.ts";
export type { SecureChannel } from "./grpc/tls.ts";
export { secureChannel } from "./grpc/tls.ts";
export type { AdminClient, AdminHandlers, JoinClient, JoinHandlers } from "./grpc/clients.ts";
export {
  adminClient,
  adminImplementation,
  adminServiceDefinition,
  channel,
  joinClient,
  joinImplementation,
  joinServiceDefinition,
} from "./grpc/clients.ts";
export { fileDescriptors } from "./grpc/descriptors.ts";

export type * as admin from "./grpc/messages.ts";
export type * as published from "./generated/sealane/v1/published_pb.ts";
export { SessionState as AdminSessionState } from "./generated/sealane/v1/inventory_pb.ts";
export { DepartureState as AdminDepartureState } from "./generated/sealane/v1/departure_pb.ts";
export { WatchedKind } from "./generated/sealane/v1/watch_pb.ts";
export { rangeKindWords } from "./codec/enums.ts";

export type { JoinToken } from "./join-token.ts";
export { authorityHash, formatJoinToken, parseJoinToken } from "./join-token.ts";
