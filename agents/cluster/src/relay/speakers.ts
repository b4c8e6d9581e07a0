// The agent's side of its speakers' sessions: each gets the shards that routes are made of, as the hub sent them,
// byte for byte. Reports go up; nothing else does.

import type { ShardId, ShardKind, ShardState } from "@sealane/core";
import { version } from "@sealane/core";
import type { OpenSession, Report, ServedSession, ShardChange, ShardTable } from "@sealane/wire";
import { Outbox, WireError } from "@sealane/wire";

const routeKinds: ReadonlySet<ShardKind> = new Set(["member", "node", "reach", "import", "stub"]);

const wanted = ({ kind }: ShardId) => routeKinds.has(kind);

/** What the relay needs. */
export interface SpeakersOptions {
  readonly cluster: string;
  readonly epoch: bigint;
  /** What the hub published to this cluster. */
  readonly received: ShardTable;
  /** It may be acted on; else speakers are sent nothing before `confirm`. */
  readonly confirmed: boolean;
  /** The node whose speaker holds the bearer token; rejects with WireError `denied`. */
  readonly review: (token: string) => Promise<string>;
  readonly onReport: (report: Report) => void;
  readonly onSpeaker: (node: string, state: "connected" | "gone", why: string) => void;
}

interface Speaker {
  readonly session: ServedSession;
  readonly outbox: Outbox;
  /** What it held when it said hello. */
  readonly held: readonly ShardState[];
}

/** The open speaker sessions of one leader's term. */
export class Speakers {
  readonly #options: SpeakersOptions;
  readonly #byNode = new Map<string, Speaker>();
  #settled = false;
  #confirmed: boolean;

  constructor(options: SpeakersOptions) {
    this.#options = options;
    this.#confirmed = options.confirmed;
  }

  /** Nodes whose speakers are connected, sorted. */
  get nodes(): string[] {
    return [...this.#byNode.keys()].toSorted();
  }

  /** The hub has sent everything once: a shard that is not held does not exist. */
  settle(): void {
    this.#settled = true;
  }

  /** What is received may be acted on: who waits for it is sent what it lacks. */
  confirm(): void {
    if (this.#confirmed) return;
    this.#confirmed = true;
    for (const { outbox, held, session } of this.#byNode.values()) {
      outbox.resume(held, () => this.#settled);
      session.wake();
    }
  }

  /** Passes on what changed in `received`. */
  changed(changes: readonly ShardChange[]): void {
    if (!this.#confirmed) return;
    for (const { outbox, session } of this.#byNode.values()) {
      for (const { id, entries, completed } of changes) {
        for (const { key } of entries) outbox.note(id, key);
        if (completed) outbox.noteComplete(id);
      }
      session.wake();
    }
  }

  /** Opens a session; for `sessionImplementation`. */
  readonly open: OpenSession = async (hello, call) => {
    const { cluster, epoch, received, review, onReport, onSpeaker } = this.#options;
    const authorization = String(call.metadata.get("authorization")[0] ?? "");
    const node = await review(authorization.replace(/^Bearer /, ""));
    if (hello.node !== node || hello.cluster !== cluster) {
      const said = `the speaker says it is node "${hello.node}" of cluster "${hello.cluster}"`;
      throw new WireError(
        "denied",
        `${said}, its token is for node "${node}" and this is cluster "${cluster}"`,
      );
    }
    const outbox = new Outbox(received, wanted);
    let resumed = this.#confirmed;
    if (resumed) outbox.resume(hello.held, () => this.#settled);
    let own: Speaker | undefined;
    return {
      outbox,
      welcome: { held: [], epoch, version },
      frame: () => {
        throw new WireError("malformed", "a speaker sends no facts");
      },
      report: (report) => onReport({ ...report, node }),
      opened: (session) => {
        this.#byNode.get(node)?.session.end(new WireError("superseded", `a newer session of node ${node}`));
        own = { session, outbox, held: hello.held };
        this.#byNode.set(node, own);
        if (!resumed && this.#confirmed) {
          resumed = true;
          outbox.resume(hello.held, () => this.#settled);
          session.wake();
        }
        onSpeaker(node, "connected", session.address);
      },
      closed: (error) => {
        if (own === undefined || this.#byNode.get(node) !== own) return;
        this.#byNode.delete(node);
        onSpeaker(node, "gone", error instanceof Error ? error.message : String(error));
      },
    };
  };
}
