// Proves that a generation is live by asking every replica until each has said so or time is over. Refuses
// to sum up: what one replica serves is not what another serves.

import { performance } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import type { BeaconAnswer, Server } from "./beacon.ts";
import { askBeacon } from "./beacon.ts";

/** A pod of mesh-dns. */
export interface Replica extends Server {
  readonly name: string;
}

/** What a replica served when last asked. */
export type Liveness =
  | { readonly kind: "live"; readonly afterMs: number }
  | { readonly kind: "otherGeneration"; readonly generation: string }
  | { readonly kind: "silent"; readonly code: string };

/** A replica and its state, in the order given. */
export interface ReplicaState {
  readonly replica: Replica;
  readonly state: Liveness;
}

/** What is to be proven. */
export interface Rollout {
  readonly meshZone: string;
  readonly generation: string;
  readonly replicas: readonly Replica[];
  /** From now on. CoreDNS looks at its file every 2 s, so 5000 leaves room for one missed look. */
  readonly deadlineMs: number;
  /** Ends the proof early, with what was last seen. */
  readonly signal?: AbortSignal;
}

/** Asks one replica; `askBeacon` unless a test says otherwise. */
export type Ask = (meshZone: string, server: Server, deadlineMs: number) => Promise<BeaconAnswer>;

const questionMs = 1_000;
const betweenMs = 100;

/** Every replica's state, as soon as all are live and at the deadline at the latest. */
export async function proveRollout(rollout: Rollout, ask: Ask = askBeacon): Promise<readonly ReplicaState[]> {
  const startedAt = performance.now();
  return Promise.all(
    rollout.replicas.map(async (replica) => ({
      replica,
      state: await proveReplica(rollout, replica, startedAt, ask),
    })),
  );
}

async function proveReplica(
  { meshZone, generation, deadlineMs, signal }: Rollout,
  replica: Replica,
  startedAt: number,
  ask: Ask,
): Promise<Liveness> {
  for (;;) {
    const leftMs = deadlineMs - (performance.now() - startedAt);
    const answer = await ask(meshZone, replica, Math.max(1, Math.min(questionMs, Math.ceil(leftMs))));
    const afterMs = performance.now() - startedAt;
    if (answer.kind === "generation" && answer.generation === generation) return { kind: "live", afterMs };
    if (afterMs + betweenMs >= deadlineMs || signal?.aborted === true) {
      return answer.kind === "generation"
        ? { kind: "otherGeneration", generation: answer.generation }
        : { kind: "silent", code: answer.code };
    }
    await wait(betweenMs);
  }
}
