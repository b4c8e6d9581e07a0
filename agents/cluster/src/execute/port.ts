// The execute port: what one cluster should look like by the hub's word, made so and kept so. Forms differ in what
// they write (objects of an API server, files beside manifests) and agree in what they must never take away.

import type { Count, Finding } from "@sealane/core";
import type { ShardChange } from "@sealane/wire";

/** Makes and keeps a cluster as it should be until its term ends. */
export interface ClusterExecutor {
  /** What was written before is known: from here on it works. */
  readonly synced: boolean;
  /** Nothing is due. */
  readonly idle: boolean;
  /** Takes over one change of what the hub published; the view must have followed it. */
  follow(change: ShardChange): void;
  /** One imported service may have to look different. */
  touch(namespace: string, name: string): void;
  /** A namespace came or went, or more is known of its imports. */
  touchNamespace(namespace: string): void;
  /** The conditions of one export may have to change. */
  touchExport(namespace: string, name: string): void;
  /** The full pass. */
  touchAll(): void;
  /** Desired against observed. */
  counts(): readonly Count[];
  /** What cannot be made so, and why. */
  findings(): readonly Finding[];
}
