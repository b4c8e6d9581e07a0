// Session messages, both ways between protobuf and plain values. Up and down share frame, ack and beat.

import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { create, toBinary } from "@bufbuild/protobuf";
import type { Position, ShardState } from "@sealane/core";
import { shardsPerPeerMax } from "@sealane/core";
import type {
  ConnectRequest,
  ConnectResponse,
  Hello as WireHello,
  Report as WireReport,
  Welcome as WireWelcome,
} from "../generated/sealane/v1/session_pb.ts";
import { ConnectRequestSchema, ConnectResponseSchema } from "../generated/sealane/v1/session_pb.ts";
import type { Section } from "../codec/shards.ts";
import { fromWireSection, fromWireState, toWireSection, toWireState } from "../codec/shards.ts";
import { WireError } from "../error.ts";

/** Versions of the schema that this program speaks, both ends included. */
export const schemaRange = { min: 1, max: 1 } as const;

/** Opens a session; see Hello in session.proto. */
export interface Hello {
  readonly cluster: string;
  /** Empty unless the peer is a speaker. */
  readonly node: string;
  readonly incarnation: string;
  readonly epoch: bigint;
  readonly schema: { readonly min: number; readonly max: number };
  readonly held: readonly ShardState[];
  readonly seen: readonly { readonly origin: string; readonly position: Position }[];
  readonly version: string;
}

/** Answers hello. */
export interface Welcome {
  readonly schema: number;
  readonly held: readonly ShardState[];
  readonly epoch: bigint;
  readonly version: string;
}

/** One tick's worth of sections. */
export interface Frame {
  readonly number: bigint;
  readonly sections: readonly Section[];
}

/** What a peer observed of its own effects; see Report in session.proto. */
export interface Report {
  readonly node: string;
  readonly counts: readonly { readonly kind: string; readonly desired: number; readonly observed: number }[];
  readonly findings: readonly {
    readonly subject: string;
    readonly reason: string;
    readonly message: string;
  }[];
  readonly observedUnixUs: bigint;
}

/** Clocks, Unix microseconds and microseconds; see Beat in session.proto. */
export interface Beat {
  readonly sentUnixUs: bigint;
  readonly echoUnixUs: bigint;
  readonly heldUs: bigint;
}

/** What both directions carry. */
export type Either =
  | { readonly case: "frame"; readonly value: Frame }
  | { readonly case: "ack"; readonly value: { readonly frame: bigint } }
  | { readonly case: "beat"; readonly value: Beat };

/** A message up. */
export type Up =
  | Either
  | { readonly case: "hello"; readonly value: Hello }
  | { readonly case: "report"; readonly value: Report };

/** A message down. */
export type Down = Either | { readonly case: "welcome"; readonly value: Welcome };

/** The bytes of a message up. */
export function encodeUp(message: Up): Buffer {
  return encode(ConnectRequestSchema, create(ConnectRequestSchema, { message: upInit(message) }));
}

/** The bytes of a message down. */
export function encodeDown(message: Down): Buffer {
  const init =
    message.case === "welcome"
      ? { case: message.case, value: welcomeInit(message.value) }
      : eitherInit(message);
  return encode(ConnectResponseSchema, create(ConnectResponseSchema, { message: init }));
}

/** Throws WireError `malformed` or `oversized`. */
export function decodeUp({ message }: ConnectRequest): Up {
  switch (message.case) {
    case "hello":
      return { case: "hello", value: fromWireHello(message.value) };
    case "report":
      return { case: "report", value: fromWireReport(message.value) };
    case "frame":
    case "ack":
    case "beat":
      return decodeEither(message);
    case undefined:
      throw new WireError("malformed", "a message up that holds nothing this version knows");
  }
}

/** Throws WireError `malformed` or `oversized`. */
export function decodeDown({ message }: ConnectResponse): Down {
  switch (message.case) {
    case "welcome":
      return { case: "welcome", value: fromWireWelcome(message.value) };
    case "frame":
    case "ack":
    case "beat":
      return decodeEither(message);
    case undefined:
      throw new WireError("malformed", "a message down that holds nothing this version knows");
  }
}

function encode<S extends DescMessage>(schema: S, message: MessageShape<S>): Buffer {
  const bytes = toBinary(schema, message);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function upInit(message: Up) {
  switch (message.case) {
    case "hello": {
      const { held, seen, ...rest } = message.value;
      const value = {
        ...rest,
        held: held.map(toWireState),
        seen: seen.map(({ origin, position }) => ({ origin, position: { ...position } })),
      };
      return { case: message.case, value };
    }
    case "report": {
      const { counts, findings, ...rest } = message.value;
      const wide = counts.map(({ kind, desired, observed }) => ({
        kind,
        desired: BigInt(desired),
        observed: BigInt(observed),
      }));
      return { case: message.case, value: { ...rest, counts: wide, findings: [...findings] } };
    }
    case "frame":
    case "ack":
    case "beat":
      return eitherInit(message);
  }
}

function eitherInit(message: Either) {
  switch (message.case) {
    case "frame": {
      const { number, sections } = message.value;
      return { case: message.case, value: { number, sections: sections.map(toWireSection) } };
    }
    case "ack":
      return message;
    case "beat":
      return message;
  }
}

function welcomeInit({ held, ...rest }: Welcome) {
  return { ...rest, held: held.map(toWireState) };
}

function decodeEither(
  message: Extract<ConnectRequest["message"], { case: "frame" | "ack" | "beat" }>,
): Either {
  switch (message.case) {
    case "frame": {
      const { number, sections } = message.value;
      return { case: "frame", value: { number, sections: sections.map(fromWireSection) } };
    }
    case "ack":
      return { case: "ack", value: { frame: message.value.frame } };
    case "beat": {
      const { sentUnixUs, echoUnixUs, heldUs } = message.value;
      return { case: "beat", value: { sentUnixUs, echoUnixUs, heldUs } };
    }
  }
}

function fromWireHello(hello: WireHello): Hello {
  if (hello.held.length > shardsPerPeerMax) {
    throw new WireError(
      "oversized",
      `hello lists ${hello.held.length} shards, at most ${shardsPerPeerMax} are allowed`,
    );
  }
  const { cluster, node, incarnation, epoch, version } = hello;
  const seen = hello.seen.map(({ origin, position }) => ({
    origin,
    position: { epoch: position?.epoch ?? 0n, sequence: position?.sequence ?? 0n },
  }));
  const schema = { min: hello.schema?.min ?? 0, max: hello.schema?.max ?? 0 };
  return { cluster, node, incarnation, epoch, schema, held: hello.held.map(fromWireState), seen, version };
}

function fromWireWelcome({ schema, held, epoch, version }: WireWelcome): Welcome {
  return { schema, held: held.map(fromWireState), epoch, version };
}

function fromWireReport({ node, counts, findings, observedUnixUs }: WireReport): Report {
  return {
    node,
    counts: counts.map(({ kind, desired, observed }) => ({
      kind,
      desired: Number(desired),
      observed: Number(observed),
    })),
    findings: findings.map(({ subject, reason, message }) => ({ subject, reason, message })),
    observedUnixUs,
  };
}
