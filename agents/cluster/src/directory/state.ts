// What one site keeps between runs beside its membership: its identity, its epoch, and when it first saw its exports.
// A file that is there and cannot be read ends the start: a new identity would be another cluster to the hub.

import { randomUUID } from "node:crypto";
import { chmod, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FirstSeen } from "../observe/directory/first-seen.ts";
import { replaceFile } from "./replace-file.ts";

/** The kept state of a site. */
export interface SiteState {
  /** The site's identity where no namespace `kube-system` gives one. */
  readonly incarnation: string;
  readonly firstSeen: FirstSeen;
  /** Greater than that of every earlier run. */
  readonly epoch: bigint;
}

interface Kept {
  readonly incarnation: string;
  readonly epoch: string;
  readonly firstSeen: Readonly<Record<string, number>>;
}

/** Opens the state for this run, making the folder (mode 0700) when there is none. Keeps the new epoch before it is used. */
export async function openState(folder: string, nowUnixMs: number): Promise<SiteState> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const kept = await readKept(pathOf(folder));
  const before = BigInt(kept?.epoch ?? "0");
  const now = BigInt(nowUnixMs);
  const state = {
    incarnation: kept?.incarnation ?? randomUUID(),
    firstSeen: new Map(Object.entries(kept?.firstSeen ?? {})),
    epoch: before + 1n > now ? before + 1n : now,
  };
  await keepState(folder, state);
  return state;
}

/** Keeps what changed during a run. */
export async function keepState(folder: string, { incarnation, epoch, firstSeen }: SiteState): Promise<void> {
  const kept: Kept = { incarnation, epoch: String(epoch), firstSeen: Object.fromEntries(firstSeen) };
  await replaceFile(pathOf(folder), `${JSON.stringify(kept, undefined, 1)}\n`, 0o600);
}

function pathOf(folder: string): string {
  return join(folder, "site.json");
}

async function readKept(path: string): Promise<Kept | undefined> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    const kept = JSON.parse(text) as Kept;
    if (typeof kept.incarnation === "string" && /^[0-9]{1,18}$/.test(kept.epoch) && isRecord(kept.firstSeen))
      return kept;
    throw new Error("it does not have incarnation, epoch and firstSeen");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `Cannot read ${path}: ${why}. Restore it, or delete it: the hub then sees a new cluster of the same name.`,
      {
        cause,
      },
    );
  }
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
