// Events for people: one per object, reason and text, counted when repeated, at a bounded rate.
// Refuses to grow: what does not fit is counted and dropped, for an Event is never the only place of a message.

import { randomUUID } from "node:crypto";
import { Pace, cutBytes } from "@sealane/core";
import type { KubeClient } from "./client.ts";
import { contentTypes } from "./client.ts";
import { hasStatus } from "./error.ts";
import { fieldManager, ownedAnnotations, ownedLabels } from "./ownership.ts";
import { apiVersion, collectionPath, objectPath, resources } from "./resource.ts";
import type { Resource } from "./resource.ts";

/** What an Event is about. */
export interface EventSubject {
  readonly resource: Resource;
  /** Empty for cluster-scoped objects; their Events go to `default`. */
  readonly namespace: string;
  readonly name: string;
  /** Empty when the object does not exist, or not yet. */
  readonly uid: string;
}

/** What to tell. */
export interface EventText {
  readonly type: "Normal" | "Warning";
  /** CamelCase, from the closed list of reasons. */
  readonly reason: string;
  /** What was being done: `Export`, `Import`. */
  readonly action: string;
  readonly note: string;
}

/** Bounds of a recorder. */
export interface EventLimits {
  /** Events of one object and reason at once. */
  readonly burst: number;
  /** One more after so long. */
  readonly refillMs: number;
  /** Objects and reasons that are remembered. */
  readonly subjectsMax: number;
  /** Events that wait to be written. */
  readonly queueMax: number;
}

const limitsDefault: EventLimits = { burst: 25, refillMs: 300_000, subjectsMax: 4_096, queueMax: 256 };

/** The API refuses longer notes. */
const noteBytesMax = 1_024;

interface Memory {
  note: string;
  /** Name of the Event that holds `note`. */
  event: string;
  count: number;
}

interface Pending {
  readonly subject: EventSubject;
  readonly text: EventText;
  readonly memory: Memory;
  readonly repeated: number;
  readonly event: string;
}

/** Writes Events, one at a time. */
export class EventRecorder {
  readonly #client: KubeClient;
  readonly #instance: string;
  readonly #limits: EventLimits;
  readonly #signal: AbortSignal;
  readonly #onError: (error: unknown) => void;
  readonly #memories = new Map<string, Memory>();
  readonly #pace: Pace;
  readonly #queue: Pending[] = [];
  #writing = false;
  #dropped = 0;

  constructor(
    client: KubeClient,
    options: { instance: string; limits?: Partial<EventLimits>; onError?: (error: unknown) => void },
    signal: AbortSignal,
  ) {
    this.#client = client;
    this.#instance = options.instance;
    this.#limits = { ...limitsDefault, ...options.limits };
    this.#pace = new Pace({ ...this.#limits, thingsMax: this.#limits.subjectsMax });
    this.#onError = options.onError ?? (() => {});
    this.#signal = signal;
  }

  /** Events that were not written: over the rate, or the queue was full. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Tells once; the same text about the same object again counts up the Event that exists. */
  record(subject: EventSubject, text: EventText): void {
    if (this.#signal.aborted) return;
    const about = `${identityOf(subject)}|${text.reason}`;
    const memory = this.#remember(about);
    const same = memory.note === text.note;
    memory.count = same ? memory.count + 1 : 1;
    if (this.#queue.length >= this.#limits.queueMax || this.#pace.take(about, performance.now()) > 0) {
      this.#dropped++;
      return;
    }
    if (!same) memory.event = `${subject.name}.${randomUUID()}`;
    memory.note = text.note;
    this.#queue.push({ subject, text, memory, repeated: memory.count, event: memory.event });
    void this.#drain();
  }

  #remember(key: string): Memory {
    const known = this.#memories.get(key);
    const memory = known ?? { note: "", event: "", count: 0 };
    this.#memories.delete(key);
    this.#memories.set(key, memory);
    if (this.#memories.size > this.#limits.subjectsMax) {
      const oldest = this.#memories.keys().next();
      if (oldest.done !== true) this.#memories.delete(oldest.value);
    }
    return memory;
  }

  async #drain(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    for (
      let next = this.#queue.shift();
      next !== undefined && !this.#signal.aborted;
      next = this.#queue.shift()
    ) {
      try {
        await this.#write(next);
      } catch (error) {
        this.#onError(error);
      }
    }
    this.#writing = false;
  }

  async #write({ subject, text, repeated, event }: Pending): Promise<void> {
    const namespace = subject.namespace === "" ? "default" : subject.namespace;
    const now = new Date().toISOString().replace("Z", "000Z");
    if (repeated > 1) {
      try {
        await this.#client.request("PATCH", objectPath(resources.events, namespace, event), {
          contentType: contentTypes.mergePatch,
          body: { series: { count: repeated, lastObservedTime: now } },
          signal: this.#signal,
        });
        return;
      } catch (error) {
        // Events live an hour; one that is gone is told anew.
        if (!hasStatus(error, 404)) throw error;
      }
    }
    await this.#client.request("POST", collectionPath(resources.events, namespace), {
      body: this.#body(subject, text, { namespace, name: event, now }),
      signal: this.#signal,
    });
  }

  #body(
    subject: EventSubject,
    text: EventText,
    at: { namespace: string; name: string; now: string },
  ): object {
    return {
      apiVersion: apiVersion(resources.events),
      kind: resources.events.kind,
      metadata: {
        namespace: at.namespace,
        name: at.name,
        labels: ownedLabels,
        annotations: ownedAnnotations,
      },
      eventTime: at.now,
      type: text.type,
      reason: text.reason,
      action: text.action,
      note: cutBytes(text.note, noteBytesMax),
      regarding: {
        apiVersion: apiVersion(subject.resource),
        kind: subject.resource.kind,
        ...(subject.namespace === "" ? {} : { namespace: subject.namespace }),
        name: subject.name,
        ...(subject.uid === "" ? {} : { uid: subject.uid }),
      },
      reportingController: `sealane.dev/${fieldManager}`,
      reportingInstance: this.#instance,
    };
  }
}

function identityOf({ resource, namespace, name, uid }: EventSubject): string {
  return `${resource.plural}/${namespace}/${name}/${uid}`;
}
