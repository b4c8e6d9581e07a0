// Session messages, both ways between protobuf and plain values. Up and down share frame, ack and beat.

import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { create, toBinary } from "@bufbuild/protobuf";
import type { Position, ShardState } from "@sealane/core";
import { heldPerMessageMax } from "@sealane/core";
import type {
  ConnectRequest,
  ConnectResponse,
  Held as WireHeld,
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

/** A report as a message. */
export interface ReportMessage {
  readonly case: "report";
  readonly value: Report;
}

/** Says that everything owed when the session opened was sent. */
export interface CaughtUpMessage {
  readonly case: "caughtUp";
}

/** Goes on with what hello or welcome lists as held. */
export interface HeldMessage {
  readonly case: "held";
  readonly value: readonly ShardState[];
  readonly continues: boolean;
}

/** A message up, as it arrives. */
export type Up =
  | Either
  | ReportMessage
  | HeldMessage
  | { readonly case: "hello"; readonly value: Hello; readonly continues: boolean };

/** A message down, as it arrives. */
export type Down =
  | Either
  | CaughtUpMessage
  | HeldMessage
  | { readonly case: "welcome"; readonly value: Welcome; readonly continues: boolean };

/** The bytes of a message up that is no greeting. */
export function encodeUp(message: Either | ReportMessage): Buffer {
  return encode(ConnectRequestSchema, create(ConnectRequestSchema, { message: upInit(message) }));
}

/** The bytes of a message down that is no greeting. */
export function encodeDown(message: Either | CaughtUpMessage): Buffer {
  const init = message.case === "caughtUp" ? { case: message.case, value: {} } : eitherInit(message);
  return encode(ConnectResponseSchema, create(ConnectResponseSchema, { message: init }));
}

/** Hello as one message, or as many as its list of what is held needs; all of them, in order, before anything else. */
export function encodeHello({ held, seen, ...rest }: Hello): Buffer[] {
  const origins = seen.map(({ origin, position }) => ({ origin, position: { ...position } }));
  return heldParts(held).map((part, index, { length }) => {
    const heldContinues = index < length - 1;
    const value = { ...rest, seen: origins, held: part, heldContinues };
    const message =
      index === 0
        ? { case: "hello" as const, value }
        : { case: "held" as const, value: { held: part, continues: heldContinues } };
    return encode(ConnectRequestSchema, create(ConnectRequestSchema, { message }));
  });
}

/** Welcome likewise. */
export function encodeWelcome({ held, ...rest }: Welcome): Buffer[] {
  return heldParts(held).map((part, index, { length }) => {
    const heldContinues = index < length - 1;
    const value = { ...rest, held: part, heldContinues };
    const message =
      index === 0
        ? { case: "welcome" as const, value }
        : { case: "held" as const, value: { held: part, continues: heldContinues } };
    return encode(ConnectResponseSchema, create(ConnectResponseSchema, { message }));
  });
}

/** Throws WireError `malformed` or `oversized`. */
export function decodeUp({ message }: ConnectRequest): Up {
  switch (message.case) {
    case "hello":
      return {
        case: "hello",
        value: fromWireHello(message.value),
        continues: message.value.heldContinues,
      };
    case "held":
      return fromWireHeld(message.value);
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
      return {
        case: "welcome",
        value: fromWireWelcome(message.value),
        continues: message.value.heldContinues,
      };
    case "held":
      return fromWireHeld(message.value);
    case "caughtUp":
      return { case: "caughtUp" };
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

function upInit(message: Either | ReportMessage) {
  if (message.case !== "report") return eitherInit(message);
  const { counts, findings, ...rest } = message.value;
  const wide = counts.map(({ kind, desired, observed }) => ({
    kind,
    desired: BigInt(desired),
    observed: BigInt(observed),
  }));
  return { case: message.case, value: { ...rest, counts: wide, findings: [...findings] } };
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

/** States for one message each; one part at least. */
function heldParts(held: readonly ShardState[]) {
  const states = held.map(toWireState);
  const count = Math.max(1, Math.ceil(states.length / heldPerMessageMax));
  return Array.from({ length: count }, (_, index) =>
    states.slice(index * heldPerMessageMax, (index + 1) * heldPerMessageMax),
  );
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

function fromWireHeld({ held, continues }: WireHeld): HeldMessage {
  return { case: "held", value: held.map(fromWireState), continues };
}

function fromWireHello(hello: WireHello): Hello {
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
