// Which of this cluster's imports a change of published shards can concern. Pure.

import type { View } from "@sealane/core";
import { splitReachKey } from "@sealane/core";
import type { ShardChange } from "@sealane/wire";

/** A service by name. */
export interface ServiceName {
  readonly namespace: string;
  readonly name: string;
}

/** What one frame's changes concern. */
export interface TouchedImports {
  readonly services: readonly ServiceName[];
  /** The cluster's own exports whose status changed. */
  readonly exports: readonly ServiceName[];
  /** Stubs or members changed, so names may. */
  readonly names: boolean;
}

/** Each name once, in the order of first mention. A shard that became whole concerns every name in it. */
export function touchedBy(changes: readonly ShardChange[], view: View, cluster: string): TouchedImports {
  const services = new Map<string, ServiceName>();
  const exports = new Map<string, ServiceName>();
  let names = false;
  const add = (to: Map<string, ServiceName>, namespace: string, name: string) => {
    to.set(`${namespace}/${name}`, { namespace, name });
  };
  for (const { id, entries, completed } of changes) {
    const { kind, namespace } = id;
    if (kind === "stub" || kind === "member") names = true;
    if (kind === "exportStatus" && id.origin === cluster) {
      for (const { key } of entries) add(exports, namespace, key);
    }
    if (kind === "import") for (const { key } of entries) add(services, namespace, key);
    if (kind === "reach") for (const { key } of entries) add(services, namespace, splitReachKey(key).service);
    if (completed && (kind === "import" || kind === "reach" || kind === "member")) {
      for (const [each, name] of view.imports()) {
        if (kind === "member" || each === namespace) add(services, each, name);
      }
    }
  }
  return { services: [...services.values()], exports: [...exports.values()], names };
}
