// The door for facts: what a section may be about, in form and in whose name, before any of it is held.
// Refuses with WireError, which ends that session alone; what comes through needs no further check of form.

import {
  clusterNameFault,
  factBytesMax,
  isLabel,
  isSubdomain,
  rangesPerClusterMax,
  shardKey,
  splitReachKey,
} from "@sealane/core";
import type { ClusterFact, FactKind, FactValue, ShardId } from "@sealane/core";
import { WireError, decodeValue } from "@sealane/wire";
import type { Section } from "@sealane/wire";

const factKinds: readonly string[] = [
  "cluster",
  "node",
  "namespace",
  "export",
  "reach",
  "path",
] satisfies FactKind[];
const inNamespace: readonly string[] = ["export", "reach"] satisfies FactKind[];

/** A fact's kind, or undefined for what only travels down. */
function factKind(id: ShardId): FactKind | undefined {
  return factKinds.includes(id.kind) ? (id.kind as FactKind) : undefined;
}

/** Who speaks, in which term. */
export interface Speaker {
  readonly cluster: string;
  readonly epoch: bigint;
}

/** Decodes every value of a section by key. Throws WireError `denied`, `malformed` or `oversized`. */
export function admitSection(section: Section, speaker: Speaker): ReadonlyMap<string, FactValue> {
  const { id, position, entries } = section;
  const kind = factKind(id);
  const what = shardKey(id);
  if (kind === undefined) throw new WireError("malformed", `Shard ${what} does not travel up.`);
  if (id.origin !== speaker.cluster) {
    throw new WireError(
      "denied",
      `Cluster "${speaker.cluster}" may not speak for "${id.origin}" (shard ${what}).`,
    );
  }
  if (position.epoch > speaker.epoch) {
    throw new WireError(
      "malformed",
      `Shard ${what} has epoch ${position.epoch}, later than the session's ${speaker.epoch}.`,
    );
  }
  if (inNamespace.includes(kind) ? !isLabel(id.namespace) : id.namespace !== "") {
    throw new WireError(
      "malformed",
      `Shard ${what} must ${inNamespace.includes(kind) ? "name a namespace" : "have no namespace"}.`,
    );
  }
  if (section.end && !section.complete) {
    throw new WireError("malformed", `Shard ${what} ends although its sender does not hold it whole.`);
  }
  const values = new Map<string, FactValue>();
  for (const { key, value } of entries) {
    if (!isKey(kind, key))
      throw new WireError("malformed", `Shard ${what} cannot have the key ${JSON.stringify(key)}.`);
    if (value === undefined) continue;
    if (value.length > factBytesMax) {
      throw new WireError(
        "oversized",
        `Entry "${key}" of shard ${what} has a value of ${value.length} bytes, and at most ${factBytesMax} are taken.`,
      );
    }
    const fact = decodeValue(kind, value);
    if (kind === "cluster") boundRanges(fact as ClusterFact);
    values.set(key, fact);
  }
  return values;
}

function isKey(kind: FactKind, key: string): boolean {
  switch (kind) {
    case "cluster":
      return key === "";
    case "node":
      return isSubdomain(key);
    case "namespace":
    case "export":
      return isLabel(key);
    case "path":
      return clusterNameFault(key) === undefined;
    case "reach": {
      // Endpoints that somebody wrote by hand may be on no node: then the key ends with the slash.
      const { service, node } = splitReachKey(key);
      return key.includes("/") && isLabel(service) && (node === "" || isSubdomain(node));
    }
  }
}

function boundRanges({ ranges }: ClusterFact): void {
  if (ranges.length <= rangesPerClusterMax) return;
  throw new WireError(
    "oversized",
    `The cluster reports ${ranges.length} ranges, and at most ${rangesPerClusterMax} are taken.`,
  );
}
