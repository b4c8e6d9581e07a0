// The dialling side of a session: connects, says hello, follows what is published, and comes back with
// back-off for as long as it is wanted. Losing the session loses nothing that was received.

import type * as grpc from "@grpc/grpc-js";
import { sessionSilenceMs } from "@sealane/core";
import type { ConnectResponse } from "../generated/sealane/v1/session_pb.ts";
import type { Section } from "../codec/shards.ts";
import { WireError } from "../error.ts";
import type { Outbox } from "../outbox.ts";
import type { ShardChange, ShardTable } from "../shard-table.ts";
import { ShardMismatch } from "../shard-table.ts";
import type { LinkCounts } from "./link.ts";
import { Greeting } from "./greeting.ts";
import { Link } from "./link.ts";
import type { Hello, Report, ReportMessage, Welcome } from "./messages.ts";
import { decodeDown, encodeHello, encodeUp, schemaRange } from "./messages.ts";
import { sessionServiceDefinition } from "./server.ts";

/** State of the session, for logs, metrics and readiness. */
export type SessionState =
  | { readonly state: "connecting" }
  | { readonly state: "connected"; readonly welcome: Welcome }
  | { readonly state: "disconnected"; readonly error: Error };

/** What a session client needs. */
export interface SessionClientOptions {
  /** Makes a channel for one attempt, so that renewed credentials are used. */
  readonly connect: () => Promise<{ readonly client: grpc.Client; readonly metadata: grpc.Metadata }>;
  /** What is said at each attempt; the schema range is added here. */
  readonly hello: () => Omit<Hello, "schema" | "held">;
  /** Where published shards are kept; it outlives sessions. */
  readonly received: ShardTable;
  /** What is owed up, given what the server holds; undefined when nothing goes up. */
  readonly outbox: (welcome: Welcome) => Outbox | undefined;
  /** A frame was applied: its changes in order, in one call. */
  readonly onChanges: (changes: readonly ShardChange[]) => void;
  /** Everything that the server owed when this session opened was applied: what follows is news. */
  readonly onCaughtUp?: () => void;
  readonly onState: (state: SessionState) => void;
  /** How long one attempt waits for welcome; `sessionSilenceMs` when absent. */
  readonly welcomeMs?: number;
}

const backoffMsMin = 100;
const backoffMsMax = 5_000;

/** A session that keeps itself alive until it is closed. */
export class SessionClient {
  readonly #options: SessionClientOptions;
  #attempt: Attempt | undefined;
  #backoffMs = backoffMsMin;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: SessionClientOptions) {
    this.#options = options;
    this.#dial();
  }

  /** The outbox may owe something. */
  wake(): void {
    this.#attempt?.link?.wake();
  }

  /**
   * Sends a report when connected; while the stream takes nothing, only the newest of each node waits. A lost report is
   * followed by a newer one.
   */
  report(report: Report): void {
    this.#attempt?.link?.offer(report.node, { case: "report", value: report });
  }

  get counts(): LinkCounts | undefined {
    return this.#attempt?.link?.counts;
  }

  /** Ends the session and stays away. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#attempt?.end(new WireError("closed", "closed here"));
  }

  /** Drops the session, or ends the wait for the next attempt, and dials at once: for example with a new certificate. */
  redial(): void {
    if (this.#closed) return;
    this.#attempt?.end(new WireError("closed", "dialling anew"));
    this.#backoffMs = backoffMsMin;
    // Whoever was told that the session is over may have dialled already.
    if (this.#attempt === undefined) this.#dial();
  }

  #dial(): void {
    if (this.#closed) return;
    clearTimeout(this.#retry);
    this.#options.onState({ state: "connecting" });
    this.#attempt = new Attempt(
      this.#options,
      () => (this.#backoffMs = backoffMsMin),
      (error) => {
        this.#attempt = undefined;
        if (this.#closed) return;
        const jittered = this.#backoffMs * (0.5 + Math.random() / 2);
        this.#retry = setTimeout(() => this.#dial(), jittered);
        this.#backoffMs = Math.min(this.#backoffMs * 2, backoffMsMax);
        this.#options.onState({ state: "disconnected", error });
      },
    );
  }
}

/** One connection from dial to end. */
class Attempt {
  readonly #options: SessionClientOptions;
  readonly #welcomed: () => void;
  readonly #over: (error: Error) => void;
  readonly #greeting = new Greeting<Welcome>();
  /** A server that takes the connection and never says welcome must not hold the attempt. */
  readonly #welcomeDeadline: NodeJS.Timeout;
  #client: grpc.Client | undefined;
  #stream: grpc.ClientDuplexStream<object, object> | undefined;
  #ended = false;
  link: Link<ReportMessage> | undefined;

  constructor(options: SessionClientOptions, welcomed: () => void, over: (error: Error) => void) {
    this.#options = options;
    this.#welcomed = welcomed;
    this.#over = over;
    const { welcomeMs = sessionSilenceMs } = options;
    this.#welcomeDeadline = setTimeout(
      () => this.end(new WireError("closed", `there was no welcome within ${welcomeMs} ms`)),
      welcomeMs,
    );
    this.#start().catch((error: unknown) => this.end(asError(error)));
  }

  end(error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#welcomeDeadline);
    this.link?.close();
    this.#stream?.cancel();
    this.#client?.close();
    this.#over(error);
  }

  async #start(): Promise<void> {
    const { client, metadata } = await this.#options.connect();
    this.#client = client;
    if (this.#ended) return client.close();
    const method = sessionServiceDefinition["connect"];
    if (method === undefined) throw new Error("SessionService has no method connect");
    const { path, requestSerialize, responseDeserialize } = method;
    const stream = client.makeBidiStreamRequest<object, object>(
      path,
      requestSerialize,
      responseDeserialize,
      metadata,
    );
    this.#stream = stream;
    stream.on("data", (message: ConnectResponse) => this.#guard(() => this.#receive(message)));
    stream.on("drain", () => this.link?.drained());
    stream.on("error", (error: Error) => this.end(error));
    stream.on("end", () => this.end(new WireError("closed", "the server ended the session")));
    const held = this.#options.received.states();
    for (const part of encodeHello({ ...this.#options.hello(), schema: schemaRange, held }))
      stream.write(part);
  }

  #receive(message: ConnectResponse): void {
    const down = decodeDown(message);
    if (down.case === "welcome") return this.#open(this.#greeting.begin(down));
    if (this.link === undefined) {
      if (down.case === "held") return this.#open(this.#greeting.goOn(down));
      throw new WireError("malformed", `the first message is ${down.case}, not welcome`);
    }
    if (down.case === "held") throw new WireError("malformed", "what is held was said after welcome");
    this.link.received(down.case === "caughtUp" ? undefined : down);
    if (down.case === "frame") this.#apply(down.value.sections);
    if (down.case === "caughtUp") this.#options.onCaughtUp?.();
  }

  /** What was taken is told also when a later section, or the rest of its own, ends the session: it is not sent again. */
  #apply(sections: readonly Section[]): void {
    const changes: ShardChange[] = [];
    try {
      for (const section of sections) changes.push(this.#options.received.apply(section));
    } catch (error) {
      if (error instanceof ShardMismatch) changes.push(error.change);
      throw error;
    } finally {
      if (changes.length > 0) this.#options.onChanges(changes);
    }
  }

  /** Opens the session once welcome is whole. */
  #open(welcome: Welcome | undefined): void {
    const stream = this.#stream;
    if (welcome === undefined || stream === undefined) return;
    clearTimeout(this.#welcomeDeadline);
    this.#welcomed();
    this.link = new Link(
      {
        send: (message) => stream.write(encodeUp(message)),
        onSilence: () => this.end(new WireError("closed", "the server was silent for too long")),
      },
      this.#options.outbox(welcome),
    );
    this.#options.onState({ state: "connected", welcome });
  }

  #guard(work: () => void): void {
    if (this.#ended) return;
    try {
      work();
    } catch (error) {
      this.end(asError(error));
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
