// The serving side of a session over grpc-js. What the session means is the handler's; a message that breaks
// the contract ends this session alone.

import type * as grpc from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";
import { sessionSilenceMs } from "@sealane/core";
import type { ConnectRequest } from "../generated/sealane/v1/session_pb.ts";
import { SessionService } from "../generated/sealane/v1/session_pb.ts";
import { WireError } from "../error.ts";
import { serviceDefinition } from "../grpc/service.ts";
import type { Outbox } from "../outbox.ts";
import type { LinkCounts } from "./link.ts";
import { Greeting } from "./greeting.ts";
import { Link } from "./link.ts";
import type { Frame, Hello, Report, Welcome } from "./messages.ts";
import { decodeUp, encodeDown, encodeWelcome, schemaRange } from "./messages.ts";

/** The grpc-js definition of SessionService. */
export const sessionServiceDefinition = serviceDefinition(SessionService);

/** One open session, for whoever holds it. */
export interface ServedSession {
  readonly hello: Hello;
  /** `ip:port` of the peer. */
  readonly address: string;
  /** The outbox may owe something. */
  readonly wake: () => void;
  readonly counts: () => LinkCounts;
  /** Ends the session with a status that the peer sees. */
  readonly end: (error: WireError) => void;
}

/** What one session does. Anything thrown ends that session with the error's message. */
export interface SessionHandler {
  readonly outbox: Outbox;
  readonly welcome: Omit<Welcome, "schema">;
  readonly frame: (frame: Frame) => void;
  readonly report: (report: Report) => void;
  /** The session is over; nothing follows. */
  readonly closed: (error: unknown) => void;
}

/** Decides about a new session; throws or rejects with WireError to refuse it. `opened` runs after welcome was sent. */
export type OpenSession = (
  hello: Hello,
  call: grpc.ServerDuplexStream<object, object>,
) => Promise<SessionHandler & { readonly opened: (session: ServedSession) => void }>;

const statusByCode: Record<WireError["code"], grpc.status> = {
  malformed: status.INVALID_ARGUMENT,
  oversized: status.RESOURCE_EXHAUSTED,
  mismatch: status.ABORTED,
  schema: status.FAILED_PRECONDITION,
  denied: status.PERMISSION_DENIED,
  superseded: status.ABORTED,
  closed: status.UNAVAILABLE,
};

/** The status that a peer sees for an error. */
export function statusOfError(error: unknown): { code: grpc.status; details: string } {
  if (error instanceof WireError) return { code: statusByCode[error.code], details: error.message };
  return { code: status.INTERNAL, details: error instanceof Error ? error.message : String(error) };
}

/** The newest schema version that both sides speak. Throws WireError `schema`. */
export function agreeSchema(theirs: { readonly min: number; readonly max: number }): number {
  const schema = Math.min(theirs.max, schemaRange.max);
  if (schema >= Math.max(theirs.min, schemaRange.min)) return schema;
  const message = `peer speaks schema ${theirs.min} to ${theirs.max}, this side ${schemaRange.min} to ${schemaRange.max}; upgrade the older one`;
  throw new WireError("schema", message);
}

/** The implementation of SessionService. */
export function sessionImplementation(open: OpenSession): grpc.UntypedServiceImplementation {
  return { connect: (call: grpc.ServerDuplexStream<object, object>) => new Serving(call, open).start() };
}

class Serving {
  readonly #call: grpc.ServerDuplexStream<object, object>;
  readonly #open: OpenSession;
  readonly #greeting = new Greeting<Hello>();
  #handler: SessionHandler | undefined;
  #link: Link | undefined;
  #ended = false;
  /** A peer that opens a stream and never says hello must not hold it. */
  #helloDeadline: NodeJS.Timeout | undefined;

  constructor(call: grpc.ServerDuplexStream<object, object>, open: OpenSession) {
    this.#call = call;
    this.#open = open;
  }

  start(): void {
    const call = this.#call;
    this.#helloDeadline = setTimeout(
      () => this.#end(new WireError("closed", `there was no hello within ${sessionSilenceMs} ms`)),
      sessionSilenceMs,
    );
    call.on("data", (message: ConnectRequest) => this.#guard(() => this.#receive(message)));
    call.on("drain", () => this.#link?.drained());
    call.on("end", () => this.#end(new WireError("closed", "the peer ended the session")));
    call.on("cancelled", () => this.#end(new WireError("closed", "the connection is gone")));
    call.on("error", (error: unknown) => this.#end(error));
  }

  #receive(message: ConnectRequest): void {
    const up = decodeUp(message);
    if (up.case === "hello") return this.#greeted(this.#greeting.begin(up));
    const handler = this.#handler;
    if (up.case === "held") {
      if (handler !== undefined) throw new WireError("malformed", "what is held was said after hello");
      return this.#greeted(this.#greeting.goOn(up));
    }
    if (handler === undefined) throw new WireError("malformed", `the first message is ${up.case}, not hello`);
    this.#link?.received(up.case === "report" ? undefined : up);
    if (up.case === "frame") handler.frame(up.value);
    if (up.case === "report") handler.report(up.value);
  }

  /** Hello is whole: nothing more is read until the session is open, so an eager peer cannot outrun its welcome. */
  #greeted(hello: Hello | undefined): void {
    if (hello === undefined) return;
    if (this.#call.isPaused()) throw new WireError("malformed", "what is held was said after hello");
    this.#call.pause();
    clearTimeout(this.#helloDeadline);
    this.#welcome(hello).catch((error: unknown) => this.#end(error));
  }

  async #welcome(hello: Hello): Promise<void> {
    const schema = agreeSchema(hello.schema);
    const handler = await this.#open(hello, this.#call);
    if (this.#ended) return handler.closed(new WireError("closed", "the peer left before welcome"));
    this.#handler = handler;
    for (const part of encodeWelcome({ ...handler.welcome, schema })) this.#call.write(part);
    const link = new Link(
      {
        send: (message) => this.#call.write(encodeDown(message)),
        onSilence: () => this.#end(new WireError("closed", "the peer was silent for too long")),
        onCaughtUp: () => this.#call.write(encodeDown({ case: "caughtUp" })),
      },
      handler.outbox,
    );
    this.#link = link;
    handler.opened({
      hello,
      address: this.#call.getPeer(),
      wake: () => link.wake(),
      counts: () => link.counts,
      end: (error) => this.#end(error),
    });
    this.#call.resume();
  }

  #guard(work: () => void): void {
    if (this.#ended) return;
    try {
      work();
    } catch (error) {
      this.#end(error);
    }
  }

  #end(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#helloDeadline);
    this.#link?.close();
    this.#call.emit("error", statusOfError(error));
    this.#handler?.closed(error);
  }
}
