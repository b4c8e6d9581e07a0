// EndpointSlices by the Service that they belong to, so that one event looks at one Service only.

import { objectKey } from "../kube/store.ts";
import type { ObjectKey } from "../kube/store.ts";
import type { EndpointSlice } from "./parse-endpoint-slice.ts";

/** An index that follows a store of slices. */
export class SliceIndex {
  readonly #byService = new Map<ObjectKey, Map<ObjectKey, EndpointSlice>>();
  #touched = new Set<ObjectKey>();

  /** Takes one change of the store over. */
  change(key: ObjectKey, before: EndpointSlice | undefined, after: EndpointSlice | undefined): void {
    const left = before && serviceKey(before);
    const joined = after && serviceKey(after);
    if (left !== undefined) {
      this.#touched.add(left);
      if (left !== joined) this.#remove(left, key);
    }
    if (joined === undefined || after === undefined) return;
    this.#touched.add(joined);
    let slices = this.#byService.get(joined);
    if (slices === undefined) {
      slices = new Map();
      this.#byService.set(joined, slices);
    }
    slices.set(key, after);
  }

  /** Slices of one Service. */
  of(service: ObjectKey): Iterable<EndpointSlice> {
    return this.#byService.get(service)?.values() ?? [];
  }

  /** Services whose slices changed since the last call. */
  takeTouched(): ReadonlySet<ObjectKey> {
    const touched = this.#touched;
    this.#touched = new Set();
    return touched;
  }

  #remove(service: ObjectKey, key: ObjectKey): void {
    const slices = this.#byService.get(service);
    slices?.delete(key);
    if (slices?.size === 0) this.#byService.delete(service);
  }
}

function serviceKey(slice: EndpointSlice): ObjectKey | undefined {
  return slice.serviceName === "" ? undefined : objectKey(slice.namespace, slice.serviceName);
}
