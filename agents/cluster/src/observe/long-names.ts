// Pods of headless services whose names in the clusterset's zone would be too long for DNS. Owns what is known of them.

import { isPodNameable, sameValue } from "@sealane/core";
import type { ObjectKey } from "../kube/store.ts";
import type { Service } from "./parse-service.ts";
import type { SliceIndex } from "./slice-index.ts";

const longestLabel = "x".repeat(63);
const namedMax = 3;

/** Host names of exported services' pods that cannot be part of a name. */
export class LongNames {
  readonly #cluster: string;
  readonly #slices: SliceIndex;
  readonly #found = new Map<ObjectKey, readonly string[]>();

  constructor(cluster: string, slices: SliceIndex) {
    this.#cluster = cluster;
    this.#slices = slices;
  }

  /** Those of one service as it was last looked at, sorted, each once. */
  of(service: ObjectKey): readonly string[] {
    return this.#found.get(service) ?? [];
  }

  /** Looks at a service again, absent when it is not exported; whether there are others than before. */
  look(key: ObjectKey, service: Service | undefined): boolean {
    const found = service === undefined ? [] : this.#find(key, service);
    if (sameValue(found, this.of(key))) return false;
    if (found.length === 0) this.#found.delete(key);
    else this.#found.set(key, found);
    return true;
  }

  #find(key: ObjectKey, { headless, namespace, name }: Service): readonly string[] {
    const isNameable = (hostname: string) => isPodNameable(hostname, this.#cluster, name, namespace);
    // Other services' pods have no names, and those of most are short whatever the pods are called.
    if (!headless || isNameable(longestLabel)) return [];
    const endpoints = [...this.#slices.of(key)].flatMap((slice) => slice.endpoints);
    const long = endpoints.map(({ hostname }) => hostname).filter((hostname) => !isNameable(hostname));
    return [...new Set(long)].toSorted();
  }
}

/** What the export's owner is told of them; empty when there are none. */
export function longNamesRemark(hostnames: readonly string[]): string {
  if (hostnames.length === 0) return "";
  const named = hostnames.slice(0, namedMax).map((hostname) => JSON.stringify(hostname));
  // No number: it would rewrite the condition with every pod that comes or goes.
  const more = hostnames.length > namedMax ? " and others" : "";
  return (
    `Exported without the host names ${named.join(", ")}${more}: with the cluster's, the service's and the namespace's ` +
    "name they are longer than the 253 characters of a name in DNS, so these pods are named by address. Shorten one of them."
  );
}
