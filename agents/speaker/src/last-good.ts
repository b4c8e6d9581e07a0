// The last wish that this speaker made good, on disk: what it starts from, so that neither its own restart nor
// an agent that is away withdraws a route. A file that is missing or broken is unknown, not empty.

import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { DesiredRoutes, InstallRoute, OriginateRoute } from "@sealane/core";
import { readAddress, readPrefix } from "@sealane/core";
import { syncPath } from "./drivers/bird/files.ts";

/** What is kept. */
export interface LastGood {
  /** The boot that wrote it; see boot.ts. */
  readonly boot: string;
  readonly desired: DesiredRoutes;
}

/** What a read found: `broken` names what is wrong with the file. */
export type LastGoodRead =
  | { readonly state: "found"; readonly value: LastGood }
  | { readonly state: "none" }
  | { readonly state: "broken"; readonly why: string };

/** Reads it. Never rejects: what cannot be read is unknown. */
export async function readLastGood(path: string): Promise<LastGoodRead> {
  try {
    return { state: "found", value: parseLastGood(await readFile(path, "utf8")) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { state: "none" };
    return { state: "broken", why: `${path}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/**
 * Replaces it whole, and waits until that would outlive a loss of power: an older one would take back what the include,
 * which is synced too, says.
 */
export async function writeLastGood(path: string, { boot, desired }: LastGood): Promise<void> {
  const { install, originate } = desired;
  await mkdir(dirname(path), { recursive: true });
  const text = `${JSON.stringify({ version: 1, boot, install, originate }, undefined, 1)}\n`;
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await syncPath(`${path}.new`);
  await rename(`${path}.new`, path);
  await syncPath(dirname(path));
}

/** What may be wanted at the start, in the boot that it now is: announcements of another boot do not count. */
export function startingWish({ boot, desired }: LastGood, bootNow: string): DesiredRoutes {
  return boot === bootNow ? desired : { ...desired, originate: [] };
}

function parseLastGood(text: string): LastGood {
  const value = JSON.parse(text) as {
    version?: unknown;
    boot?: unknown;
    install?: unknown;
    originate?: unknown;
  };
  const { version, boot, install, originate } = value;
  if (version !== 1 || typeof boot !== "string" || !Array.isArray(install) || !Array.isArray(originate)) {
    throw new Error("it is not a last good state of version 1");
  }
  return {
    boot,
    desired: { install: install.map(parseInstall), originate: originate.map(parseOriginate), withheld: [] },
  };
}

function parseInstall(value: unknown): InstallRoute {
  const { nextHops, cluster } = value as Partial<InstallRoute>;
  const valid =
    Array.isArray(nextHops) && nextHops.every((hop) => typeof hop === "string" && readAddress(hop));
  if (!valid || typeof cluster !== "string")
    throw new Error(`it holds an unusable route ${JSON.stringify(value)}`);
  return { ...parseOriginate(value), nextHops, cluster };
}

function parseOriginate(value: unknown): OriginateRoute {
  const { prefix, purpose } = value as Partial<OriginateRoute>;
  if (typeof prefix !== "string" || readPrefix(prefix) === undefined || typeof purpose !== "string") {
    throw new Error(`it holds an unusable prefix ${JSON.stringify(value)}`);
  }
  return { prefix, purpose };
}
