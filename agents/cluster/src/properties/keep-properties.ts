// Says in the cluster, for as long as it is a member, which cluster it is and of which set (KEP-2149). Whoever edits
// the two is undone; what somebody else made is left alone and told. Without the About API it waits for it, quietly.

import type { Logger } from "pino";
import type { Finding } from "@sealane/core";
import { Pace } from "@sealane/core";
import type { EventSink } from "../execute/export-events.ts";
import { createBackoff, sleep } from "../kube/backoff.ts";
import type { KubeClient } from "../kube/client.ts";
import { hasStatus, messageOf } from "../kube/error.ts";
import type { Term } from "../kube/lease.ts";
import { Reflector } from "../kube/reflector.ts";
import type { ReflectorState } from "../kube/reflector.ts";
import { resources } from "../kube/resource.ts";
import type { Identity, PropertyStep } from "./plan.ts";
import { planProperties } from "./plan.ts";
import type { ClusterProperty } from "./property.ts";
import { clusterProperty, parseProperty, setProperty } from "./property.ts";
import { listProperties, writeProperty } from "./write.ts";

/** Whose properties, and whom to tell. */
export interface PropertiesOptions {
  readonly client: KubeClient;
  /** Ends before the cluster leaves. */
  readonly term: Pick<Term, "signal" | "isCurrent">;
  readonly cluster: string;
  readonly events: EventSink;
  readonly log: Logger;
}

/** The running part. */
export interface PropertiesPart {
  /** The set's name, once it is known and whenever it changes. */
  readonly offer: (set: string) => void;
  readonly findings: () => readonly Finding[];
}

/** Writes that are made at once; somebody who edits again and again is then undone every few seconds only. */
const writes = { burst: 20, refillMs: 4_000 };
/** A cluster without the About API is asked this often for it. */
const absentBackoff = { minMs: 500, maxMs: 30_000 };
const failureBackoff = { minMs: 250, maxMs: 15_000 };

/** Starts to keep them; ends with the term, and takes nothing back. */
export function keepProperties(options: PropertiesOptions): PropertiesPart {
  const keeper = new Keeper(options);
  return { offer: (set) => keeper.offer(set), findings: () => keeper.findings };
}

class Keeper {
  readonly #options: PropertiesOptions;
  readonly #signal: AbortSignal;
  readonly #reflector: Reflector<ClusterProperty>;
  readonly #pace = new Pace(writes);
  #wanted: Identity | undefined;
  #findings: readonly Finding[] = [];
  /** What was seen to be said rightly: whatever differs later was edited. */
  #settled: Identity | undefined;
  #told = "";
  #woken = Promise.withResolvers<void>();

  constructor(options: PropertiesOptions) {
    this.#options = options;
    this.#signal = options.term.signal;
    const wake = () => this.#woken.resolve();
    this.#signal.addEventListener("abort", wake, { once: true });
    this.#reflector = new Reflector(
      {
        client: options.client,
        resource: resources.clusterProperties,
        parse: parseProperty,
        limits: { backoff: absentBackoff },
        onChange: wake,
        onSynced: wake,
        onState: (state) => this.#follow(state),
        onInvalid: (error) => this.#tell(error.message),
      },
      this.#signal,
    );
    void this.#run();
  }

  get findings(): readonly Finding[] {
    return this.#findings;
  }

  offer(set: string): void {
    if (this.#wanted?.set === set) return;
    this.#wanted = { cluster: this.#options.cluster, set };
    this.#woken.resolve();
  }

  #follow(state: ReflectorState): void {
    if (state.is === "unknown") {
      this.#tell(
        hasStatus(state.error, 404)
          ? 'the API server does not serve ClusterProperties (about.k8s.io/v1beta1), so none are written; install them with the command "definitions"'
          : messageOf(state.error),
      );
    }
    this.#woken.resolve();
  }

  async #run(): Promise<void> {
    const backoff = createBackoff(failureBackoff);
    while (!this.#signal.aborted) {
      await this.#woken.promise;
      this.#woken = Promise.withResolvers<void>();
      if (this.#signal.aborted) return;
      if (this.#wanted === undefined || this.#reflector.state.is !== "following") continue;
      try {
        await this.#pass(this.#wanted);
        backoff.reset();
      } catch (error) {
        if (this.#signal.aborted) return;
        // Somebody was faster: decide again at once. A kind that is gone is the reflector's to find again.
        if (!hasStatus(error, 409) && !hasStatus(error, 404)) this.#fail(messageOf(error));
        await sleep(backoff.next(), this.#signal);
        this.#woken.resolve();
      }
    }
  }

  /** One look and the steps that follow from it. @throws KubeError, ObjectError */
  async #pass(wanted: Identity): Promise<void> {
    const { client, log } = this.#options;
    const held = await listProperties(client, this.#signal);
    const { steps, findings } = planProperties(wanted, held);
    this.#report(findings, held);
    const edited = steps.length > 0 && findings.length === 0 && this.#settled === wanted;
    for (const step of steps) {
      await this.#untilAllowed();
      if (this.#signal.aborted || !this.#options.term.isCurrent()) return;
      const written = await writeProperty(client, step, this.#signal);
      log.info({ property: written.name, value: written.value }, `${step.do}d a ClusterProperty`);
      if (edited) this.#tellEdit(step, written);
    }
    this.#settled = findings.length === 0 ? wanted : undefined;
    this.#told = "";
  }

  async #untilAllowed(): Promise<void> {
    const take = (): number => this.#pace.take("writes", performance.now());
    for (let waitMs = take(); waitMs > 0 && !this.#signal.aborted; waitMs = take())
      await sleep(waitMs, this.#signal);
  }

  #report(findings: readonly Finding[], held: readonly ClusterProperty[]): void {
    const said = new Set(this.#findings.map(({ message }) => message));
    this.#findings = findings;
    for (const { subject, reason, message } of findings) {
      if (said.has(message)) continue;
      this.#options.log.warn({ subject, reason }, message);
      const property = held.find(({ name }) => subject.endsWith(` ${name}`));
      this.#event(property, { reason, action: "Identify", note: `${subject}: ${message}` });
    }
  }

  #tellEdit(step: PropertyStep, written: ClusterProperty): void {
    if (step.do === "delete") return;
    const note =
      `ClusterProperty ${written.name} was edited or deleted and was put back: ${clusterProperty} and ` +
      `${setProperty} say who this cluster is in the mesh and do not change while it is a member.`;
    this.#event(written, { reason: "EditedByHand", action: "Repair", note });
  }

  #event(
    property: ClusterProperty | undefined,
    text: { readonly reason: string; readonly action: string; readonly note: string },
  ): void {
    if (property === undefined) return;
    const { name, uid } = property;
    const subject = { resource: resources.clusterProperties, namespace: "", name, uid };
    this.#options.events.record(subject, { type: "Warning", ...text });
  }

  #fail(message: string): void {
    this.#findings = [{ subject: "ClusterProperties", reason: "WriteFailed", message }];
    this.#tell(message);
  }

  /** Once for as long as it is the same. */
  #tell(text: string): void {
    if (text === this.#told) return;
    this.#told = text;
    this.#options.log.warn(text);
  }
}
