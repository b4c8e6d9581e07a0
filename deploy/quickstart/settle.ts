// Waits for a stage to be reached. With a deadline it gives up at once on what waiting does not mend; without one it
// goes on, and a person at the live view sees what is missing.

import { setTimeout as delay } from "node:timers/promises";
import type { Hub } from "../../services/cli/src/connect/hub.ts";
import type { InputsReader } from "./manifests.ts";
import type { Missing } from "./missing.ts";
import { manifestFaults } from "./missing.ts";
import type { Picture } from "./picture.ts";
import { look } from "./picture.ts";
import type { Site } from "./site.ts";
import type { Telling } from "./telling.ts";

/** What is looked at, and for how long. */
export interface Watch {
  readonly site: Site;
  readonly hub: Hub;
  readonly readInputs: InputsReader;
  readonly telling: Telling;
  /** By performance.now(); Infinity waits for ever. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** The mesh did not become as it should, and why. */
export class NotConverged extends Error {
  /** What is missing or wrong, one line each. */
  readonly missing: readonly string[];

  constructor(message: string, missing: readonly string[]) {
    super(message);
    this.missing = missing;
  }
}

const lookMs = 150;

/** Looks until nothing is missing for these clusters, and gives the picture then. */
export async function settle(watch: Watch, missing: Missing, clusters: readonly string[]): Promise<Picture> {
  const { site, hub, readInputs, telling, deadlineMs, signal } = watch;
  for (;;) {
    const seen = await look(hub, site, readInputs).catch((error: unknown) => messageOf(error));
    signal.throwIfAborted();
    const picture = typeof seen === "string" ? undefined : seen;
    const lacking = typeof seen === "string" ? [seen] : missing(seen, clusters);
    if (lacking.length === 0 && picture !== undefined) return picture;
    const faults = picture === undefined ? [] : manifestFaults(picture);
    telling.waiting([...faults, ...lacking], picture);
    if (faults.length > 0 && deadlineMs < Number.POSITIVE_INFINITY)
      throw new NotConverged("a manifest cannot be read", faults);
    if (performance.now() > deadlineMs) throw new NotConverged("it took too long", lacking);
    await delay(lookMs, undefined, { signal });
  }
}

/** Follows the mesh from this picture on, until the signal: what changes is told. A hub that is away is waited for. */
export async function follow(watch: Watch, from: Picture, everyMs: number): Promise<never> {
  const { site, hub, readInputs, telling, signal } = watch;
  let picture: Picture | undefined = from;
  for (;;) {
    if (picture !== undefined) telling.follow(picture);
    await delay(everyMs, undefined, { signal });
    picture = await look(hub, site, readInputs).catch(() => undefined);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
