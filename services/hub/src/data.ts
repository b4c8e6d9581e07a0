// The data directory: one hub's alone, readable by its user alone. Owns its layout and nothing of its content.

import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "pino";
import { openFactCache } from "./store/cache.ts";
import type { FactCache } from "./store/cache.ts";
import { openEmbeddedStore } from "./store/embedded.ts";
import type { Store } from "./store/store.ts";

/** A change of facts is in the cache after this long. */
const cacheDelayMs = 200;

/** The open directory. */
export interface Data {
  /** `hub.db`: what must survive. */
  readonly store: Store;
  /** `facts.db`: may be deleted while the hub is stopped. */
  readonly cache: FactCache;
  /** `admin/`: the first administrator's files. */
  readonly adminFolder: string;
}

/** Opens the directory, making it on the first start. Throws when another hub uses it, or a newer one wrote it. */
export function openData(folder: string, log: Logger): Data {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const store = openEmbeddedStore(join(folder, "hub.db"));
  const onError = (message: string, error: unknown): void => log.error({ error: String(error) }, message);
  const cache = openFactCache({ path: join(folder, "facts.db"), delayMs: cacheDelayMs, onError });
  return { store, cache, adminFolder: join(folder, "admin") };
}
