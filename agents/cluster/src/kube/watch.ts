// Reads the events of one watch into a store: JSON lines in, changed keys out, once per chunk.

import { nowUnixUs } from "@sealane/wire";
import { ObjectError, integer, optionalText, record, storedOf, text, unreadOf } from "./door.ts";
import type { Parse } from "./door.ts";
import { KubeError } from "./error.ts";
import { createLineSplitter } from "./lines.ts";
import { objectKey } from "./store.ts";
import type { ObjectKey, Store, Stored } from "./store.ts";
import type { UnreadableObjects } from "./unreadable.ts";

/** Where events go. */
export interface WatchSink<T extends Stored> {
  readonly kind: string;
  readonly parse: Parse<T>;
  readonly store: Store<T>;
  readonly unreadable: UnreadableObjects;
  readonly onChange: (keys: readonly ObjectKey[], observedUnixUs: bigint) => void;
  readonly onInvalid: (error: Error) => void;
  /** The version up to which everything has been seen. */
  readonly onVersion: (version: string) => void;
}

/** etcd refuses objects beyond 1.5 MiB; JSON escapes and metadata of the event come on top. */
const eventBytesMax = 16 * 1024 * 1024;

/** A reader of one watch. `push` throws KubeError for an ERROR event and Error for what is no watch event. */
export function createWatchReader<T extends Stored>(sink: WatchSink<T>): { push(chunk: Buffer): void } {
  const splitter = createLineSplitter(eventBytesMax);

  function read(line: string): ObjectKey | undefined {
    const event = record(JSON.parse(line), "event");
    const type = text(event["type"], "type");
    const object = event["object"];
    if (type === "ERROR") throw watchError(sink.kind, object);
    if (type === "BOOKMARK") {
      const metadata = record(record(object, "object")["metadata"], "metadata");
      sink.onVersion(text(metadata["resourceVersion"], "metadata.resourceVersion"));
      return undefined;
    }
    const meta = storedOf(object);
    sink.onVersion(meta.resourceVersion);
    const key = objectKey(meta.namespace, meta.name);
    if (type === "DELETED") {
      // Of one that was never read it is known now that it is not there.
      const resolved = sink.unreadable.forget(key);
      return sink.store.remove(key, meta.resourceVersion) ?? (resolved ? key : undefined);
    }
    try {
      const value = sink.parse(object);
      sink.unreadable.forget(key);
      return sink.store.put(value);
    } catch (error) {
      if (!(error instanceof ObjectError)) throw error;
      sink.unreadable.put(unreadOf(object, error));
      sink.onInvalid(error);
      return undefined;
    }
  }

  return {
    push: (chunk) => {
      const observedUnixUs = nowUnixUs();
      const changed: ObjectKey[] = [];
      try {
        splitter.push(chunk, (line) => {
          const key = line === "" ? undefined : read(line);
          if (key !== undefined) changed.push(key);
        });
      } finally {
        if (changed.length > 0) sink.onChange(changed, observedUnixUs);
      }
    },
  };
}

function watchError(kind: string, object: unknown): KubeError {
  const status = record(object, "object");
  const code = status["code"] === undefined ? 500 : integer(status["code"], "code");
  const reason = optionalText(status["reason"], "reason", `HTTP ${code}`);
  const message = optionalText(status["message"], "message");
  return new KubeError(`The watch of ${kind} was ended by the server with ${code} ${reason}: ${message}`, {
    status: code,
    reason,
  });
}
