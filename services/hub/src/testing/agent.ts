// A cluster's agent by hand: joins with a token, says facts, holds what it is sent. No Kubernetes behind it.

import * as grpc from "@grpc/grpc-js";
import { comparePositions } from "@sealane/core";
import type { Position, ShardId, ShardKind } from "@sealane/core";
import type { Hello, SessionState, ShardChange, Values } from "@sealane/wire";
import {
  Outbox,
  ReceivedView,
  SessionClient,
  ShardTable,
  channel,
  encodeValue,
  joinClient,
  nowUnixUs,
} from "@sealane/wire";
import { onTestFinished } from "vitest";
import * as x509 from "../trust/x509.ts";
import { certificateRequest } from "./certificate-request.ts";
import type { TestHub } from "./hub.ts";

/** PEM throughout. */
export interface AgentCertificate {
  readonly certificate: Buffer;
  readonly key: Buffer;
  readonly authority: Buffer;
}

/** Calls Join with a token. Rejects with the hub's status. */
export async function join(
  hub: TestHub,
  token: string,
  cluster: string,
  address = hub.joinAddress,
): Promise<AgentCertificate> {
  const client = joinClient(address, grpc.credentials.createSsl(hub.authority));
  try {
    const { request, key } = await certificateRequest();
    const { certificate, authorities } = await client.join({ token, cluster, certificateRequest: request });
    return {
      certificate: pem(certificate),
      key: Buffer.from(key),
      authority: pem(authorities[0] ?? new Uint8Array()),
    };
  } finally {
    client.close();
  }
}

/** Makes a token and joins with it. */
export async function joinNew(hub: TestHub, cluster: string): Promise<AgentCertificate> {
  return join(hub, (await hub.admin.createToken({ cluster })).token, cluster);
}

/** DER as PEM. */
export function pem(der: Uint8Array): Buffer {
  return Buffer.from(x509.PemConverter.encode(new Uint8Array(der).buffer, "CERTIFICATE"));
}

/** Channel credentials of a certificate. */
export function credentialsOf({ certificate, key, authority }: AgentCertificate): grpc.ChannelCredentials {
  return grpc.credentials.createSsl(authority, key, certificate);
}

/** What an agent is told when it starts. */
export interface AgentOptions {
  readonly address: string;
  readonly cluster: string;
  readonly certificate: AgentCertificate;
  readonly epoch?: bigint;
  readonly incarnation?: string;
  /** What an earlier agent of the cluster held and said. */
  readonly before?: TestAgent;
}

/** A hand-written agent. */
export class TestAgent {
  readonly facts: ShardTable;
  readonly received: ShardTable;
  readonly view: ReceivedView;
  readonly states: SessionState[] = [];
  readonly changes: ShardChange[] = [];
  readonly cluster: string;
  readonly epoch: bigint;
  readonly client: SessionClient;
  #outbox: Outbox | undefined;
  #sequence = 0n;

  constructor({ address, cluster, certificate, epoch = 1n, incarnation = "i", before }: AgentOptions) {
    this.cluster = cluster;
    this.epoch = epoch;
    this.facts = before?.facts ?? new ShardTable();
    this.received = before?.received ?? new ShardTable();
    this.#sequence = before === undefined ? 0n : before.#sequence;
    this.view = new ReceivedView(this.received);
    this.client = new SessionClient({
      connect: async () => ({
        client: channel(address, credentialsOf(certificate)),
        metadata: new grpc.Metadata(),
      }),
      hello: () => ({
        cluster,
        node: "",
        incarnation,
        epoch,
        seen: newestOf(this.received),
        version: "test",
      }),
      received: this.received,
      outbox: (welcome) => {
        this.#outbox = new Outbox(this.facts, () => true);
        this.#outbox.resume(welcome.held, () => true);
        return this.#outbox;
      },
      onChanges: (changes) => {
        for (const change of changes) this.view.follow(change);
        this.changes.push(...changes);
      },
      onState: (state) => this.states.push(state),
    });
    onTestFinished(() => this.client.close());
  }

  get connected(): boolean {
    return this.states.at(-1)?.state === "connected";
  }

  /** Errors of sessions that ended, as text. */
  get errors(): readonly string[] {
    return this.states.flatMap((state) => (state.state === "disconnected" ? [String(state.error)] : []));
  }

  id(kind: ShardKind, namespace = ""): ShardId {
    return { kind, origin: this.cluster, namespace };
  }

  /** Says a fact. */
  say<K extends ShardKind>(
    kind: K,
    at: { readonly namespace?: string; readonly key: string },
    value: Values[K],
  ): void {
    this.sayBytes(this.id(kind, at.namespace), at.key, encodeValue(kind, value));
  }

  /** Puts bytes on the wire as they are. */
  sayBytes(id: ShardId, key: string, value: Uint8Array): void {
    this.facts.put(id, key, value, nowUnixUs(), this.#next());
    this.#outbox?.note(id, key);
    this.client.wake();
  }

  /** Says that a fact is no more. */
  unsay(kind: ShardKind, at: { readonly namespace?: string; readonly key: string }): void {
    this.facts.remove(this.id(kind, at.namespace), at.key, this.#next());
    this.#outbox?.note(this.id(kind, at.namespace), at.key);
    this.client.wake();
  }

  /** Says that shards are whole. */
  complete(...ids: readonly ShardId[]): void {
    for (const id of ids) {
      if (this.facts.complete(id, this.#next())) this.#outbox?.noteComplete(id);
    }
    this.client.wake();
  }

  /** Says that all was said, as an agent does after its first lists. */
  completeAll(...namespaces: readonly string[]): void {
    const once = (["cluster", "node", "namespace"] as const).map((kind) => this.id(kind));
    const each = namespaces.flatMap((namespace) => [
      this.id("export", namespace),
      this.id("reach", namespace),
    ]);
    this.complete(...once, ...each, this.id("path"));
  }

  #next(): { readonly epoch: bigint; readonly sequence: bigint } {
    this.#sequence += 1n;
    return { epoch: this.epoch, sequence: this.#sequence };
  }
}

/** The newest position held of each origin. */
function newestOf(received: ShardTable): Hello["seen"] {
  const newest = new Map<string, Position>();
  for (const { id, position } of received.states()) {
    const known = newest.get(id.origin);
    if (id.origin !== "" && (known === undefined || comparePositions(position, known) > 0))
      newest.set(id.origin, position);
  }
  return [...newest].map(([origin, position]) => ({ origin, position }));
}
