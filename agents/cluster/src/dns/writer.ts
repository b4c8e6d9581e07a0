// Carries the newest peers Corefile from its ConfigMap into the file that CoreDNS watches, and asks CoreDNS
// whether it serves it. Keeps the old file whenever the new one is not acceptable, or gone.

import { readFile } from "node:fs/promises";
import { sleep } from "../kube/backoff.ts";
import type { Server } from "./beacon.ts";
import { askBeacon } from "./beacon.ts";
import type { Beacon } from "./judge.ts";
import { judgePeers } from "./judge.ts";
import { emptyPeersCorefile } from "./peers.ts";
import { placeFile } from "./place.ts";
import type { Ask, Liveness } from "./rollout.ts";
import { proveRollout } from "./rollout.ts";

/** What the writer does and sees, as it happens; for logs and metrics. */
export type WriterEvent =
  | { readonly kind: "started"; readonly from: "kept" | "empty" }
  | { readonly kind: "refused"; readonly problem: string }
  | { readonly kind: "missing"; readonly problem: string }
  | { readonly kind: "failed"; readonly problem: string }
  | { readonly kind: "written"; readonly generation: string }
  | { readonly kind: "live"; readonly generation: string; readonly afterMs: number }
  | { readonly kind: "unproven"; readonly generation: string; readonly problem: string };

/** Where the writer works. */
export interface WriterPlace {
  /** The peers process' Corefile. */
  readonly file: string;
  /** The peers process. */
  readonly server: Server;
  /** How long a proof may take before it is called unproven; asking goes on after it. */
  readonly proofMs: number;
}

/** A running writer. */
export interface Writer {
  /** The ConfigMap's text as it is now; undefined when there is no ConfigMap. The newest wins. */
  offer(text: string | undefined): void;
  /** Stops asking; resolves when nothing is under way. */
  stop(): Promise<void>;
}

/** Starts with the file that is there, or with one that serves nothing. Rejects when it cannot be written. */
export async function startWriter(
  place: WriterPlace,
  report: (event: WriterEvent) => void,
  ask: Ask = askBeacon,
): Promise<Writer> {
  const kept = await readFile(place.file, "utf8").catch(() => "");
  if (kept.trim() === "") await placeFile(place.file, emptyPeersCorefile());
  report({ kind: "started", from: kept.trim() === "" ? "empty" : "kept" });
  const stopped = new AbortController();
  let superseded = new AbortController();
  let newest: string | undefined;
  let work: Promise<void> | undefined;

  async function carry(): Promise<void> {
    while (newest !== undefined && !stopped.signal.aborted) {
      const text = newest;
      newest = undefined;
      superseded = new AbortController();
      await carryOne(text, {
        place,
        report,
        ask,
        signal: AbortSignal.any([superseded.signal, stopped.signal]),
      });
    }
    work = undefined;
  }

  return {
    offer(text) {
      if (text === undefined) {
        report({ kind: "missing", problem: "There is no peers ConfigMap; the file stays as it is" });
        return;
      }
      newest = text;
      superseded.abort();
      work ??= carry();
    },
    async stop() {
      stopped.abort();
      await work;
    },
  };
}

const betweenProofsMs = 1_000;

interface Carry {
  readonly place: WriterPlace;
  readonly report: (event: WriterEvent) => void;
  readonly ask: Ask;
  /** Ends the proof, not the writing. */
  readonly signal: AbortSignal;
}

async function carryOne(text: string, { place, report, ask, signal }: Carry): Promise<void> {
  const beacon = judgePeers(text);
  if ("problem" in beacon) {
    report({ kind: "refused", problem: beacon.problem });
    return;
  }
  try {
    if ((await readFile(place.file, "utf8").catch(() => "")) !== text) {
      await placeFile(place.file, text);
      report({ kind: "written", generation: beacon.generation });
    }
  } catch (error) {
    report({ kind: "failed", problem: `Cannot write "${place.file}": ${String(error)}` });
    return;
  }
  await proveOne(beacon, { place, report, ask, signal });
}

/** Asks until the beacon is live or the signal says that it does not matter any more. */
async function proveOne(
  { generation, meshZone }: Beacon,
  { place, report, ask, signal }: Carry,
): Promise<void> {
  const startedAt = performance.now();
  const rollout = { meshZone, generation, replicas: [{ name: "here", ...place.server }], signal };
  for (let proofs = 0; !signal.aborted; proofs += 1) {
    const [proof] = await proveRollout({ ...rollout, deadlineMs: place.proofMs }, ask);
    if (proof?.state.kind === "live") {
      report({ kind: "live", generation, afterMs: performance.now() - startedAt });
      return;
    }
    if (signal.aborted) return;
    if (proofs === 0) report({ kind: "unproven", generation, problem: unproven(proof?.state, place) });
    await sleep(betweenProofsMs, signal);
  }
}

function unproven(
  state: Exclude<Liveness, { kind: "live" }> | undefined,
  { server, proofMs }: WriterPlace,
): string {
  const where = `CoreDNS at ${server.address} port ${server.port}`;
  if (state?.kind !== "otherGeneration")
    return `${where} did not answer within ${proofMs} ms (${state?.code ?? "UNKNOWN"})`;
  return `${where} still serves generation ${state.generation} after ${proofMs} ms; its log says why it refused the file`;
}
