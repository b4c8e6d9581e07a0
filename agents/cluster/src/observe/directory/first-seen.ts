// What an API server would have written into objects when they were made, for manifests that leave it out: an identity,
// and when an export was first seen, on which precedence rests. Refuses to forget over a restart.

import { createHash } from "node:crypto";
import type { Json } from "../../kube/door.ts";
import { resourceName, resources } from "../../kube/resource.ts";
import type { Manifest } from "./parse-manifests.ts";

/** When exports that do not say so were first seen: Unix seconds by `namespace/name`. */
export type FirstSeen = ReadonlyMap<string, number>;

/** The first sightings after a reading: what is there keeps its time, what is new gets `nowUnixSeconds`, the rest goes. */
export function firstSeen(
  before: FirstSeen,
  manifests: Iterable<Manifest>,
  nowUnixSeconds: number,
): FirstSeen {
  const after = new Map<string, number>();
  for (const { resource, object } of manifests) {
    const { namespace, name, creationTimestamp } = metadataOf(object);
    if (resource.kind !== resources.serviceExports.kind || creationTimestamp !== undefined) continue;
    const key = `${textOf(namespace)}/${textOf(name)}`;
    after.set(key, before.get(key) ?? nowUnixSeconds);
  }
  return after;
}

/** The object as an API server would give it at that version. */
export function asServed({ resource, object }: Manifest, version: string, seen: FirstSeen): Json {
  const metadata = metadataOf(object);
  const { namespace, name, uid } = metadata;
  const key = `${textOf(namespace)}/${textOf(name)}`;
  const at = resource.kind === resources.serviceExports.kind ? seen.get(key) : undefined;
  return {
    ...object,
    metadata: {
      ...metadata,
      uid: uid ?? identity(`${resourceName(resource)}/${key}`),
      ...(metadata["creationTimestamp"] === undefined && at !== undefined
        ? { creationTimestamp: new Date(at * 1_000).toISOString() }
        : {}),
      resourceVersion: version,
    },
  };
}

/** The same text, the same identity, in the form of a UUID (RFC 9562, version 8). */
function identity(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function metadataOf(object: Json): Json {
  return (object["metadata"] ?? {}) as Json;
}
