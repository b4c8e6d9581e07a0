// A complete list of one kind, page by page, as slim values.

import type { KubeClient } from "./client.ts";
import { nowUnixUs } from "@sealane/wire";
import { ObjectError, list, optionalText, record, text, unreadOf } from "./door.ts";
import type { Parse } from "./door.ts";
import { KubeError, hasStatus } from "./error.ts";
import type { Stored } from "./store.ts";
import type { UnreadObject } from "./unreadable.ts";

/** What to list. */
export interface Listing<T extends Stored> {
  readonly client: KubeClient;
  readonly path: string;
  readonly parse: Parse<T>;
  /** labelSelector and fieldSelector. */
  readonly selectors: Readonly<Record<string, string>>;
  readonly pageSize: number;
  readonly onInvalid?: (error: Error) => void;
  readonly signal: AbortSignal;
}

/** A complete list. */
export interface Listed<T extends Stored> {
  readonly values: readonly T[];
  /** Objects that are there and could not be read: their absence from `values` says nothing. */
  readonly unreadable: readonly UnreadObject[];
  /** The version of the whole list: every page is of the same. */
  readonly version: string;
  /** When its first page arrived. */
  readonly observedUnixUs: bigint;
}

/**
 * Lists everything. When the snapshot expires between two pages, once more in one piece.
 * @throws KubeError when any page fails: half a list is no list.
 */
export async function listAll<T extends Stored>(listing: Listing<T>): Promise<Listed<T>> {
  try {
    return await listPages(listing, listing.pageSize);
  } catch (error) {
    if (!hasStatus(error, 410)) throw error;
    return await listPages(listing, 0);
  }
}

async function listPages<T extends Stored>(listing: Listing<T>, pageSize: number): Promise<Listed<T>> {
  const values: T[] = [];
  const unreadable: UnreadObject[] = [];
  let observedUnixUs = 0n;
  for (let token = ""; ;) {
    const page = await listing.client.request("GET", listing.path, {
      query: {
        ...listing.selectors,
        ...(pageSize > 0 ? { limit: String(pageSize) } : {}),
        ...(token === "" ? {} : { continue: token }),
      },
      signal: listing.signal,
      timeoutMs: 30_000,
    });
    observedUnixUs ||= nowUnixUs();
    const { version, next, items } = readPage(listing.path, page);
    for (const item of items) {
      try {
        values.push(listing.parse(item));
      } catch (error) {
        if (!(error instanceof ObjectError)) throw error;
        listing.onInvalid?.(error);
        unreadable.push(unreadOf(item, error));
      }
    }
    if (next === "") return { values, unreadable, version, observedUnixUs };
    token = next;
  }
}

function readPage(path: string, page: unknown): { version: string; next: string; items: readonly unknown[] } {
  try {
    const root = record(page, "list");
    const metadata = record(root["metadata"], "metadata");
    return {
      version: text(metadata["resourceVersion"], "metadata.resourceVersion"),
      next: optionalText(metadata["continue"], "metadata.continue"),
      items: list(root["items"], "items"),
    };
  } catch (cause) {
    throw new KubeError(`GET ${path} was not answered with a list`, {
      status: 0,
      reason: "InvalidAnswer",
      cause,
    });
  }
}
