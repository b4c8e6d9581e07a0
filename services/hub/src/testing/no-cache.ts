// A cache of facts that keeps nothing, for tests of what stands on it.

import type { FactCache } from "../store/cache.ts";

export const noCache: FactCache = {
  load: () => [],
  save: () => {},
  marks: () => [],
  mark: () => {},
  drop: () => {},
  forget: () => {},
  flush: () => {},
  close: () => {},
};
