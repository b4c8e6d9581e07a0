// Where the agent answers. A node that has just started has no names and no Services yet, and names may be away for as
// long as the node that ran cluster DNS is: so the leader's own addresses are tried beside the one that was given.

import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { parseHostPort } from "./address.ts";

/** Between the beginnings of two attempts: RFC 8305, section 8, "Connection Attempt Delay". */
const attemptDelayMs = 250;
const attemptMs = 5_000;

/** The addresses in a file that the agent writes, `host:port` on each line; none where there is no file. */
export async function readAddresses(path: string): Promise<readonly string[]> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  return text.split("\n").filter((line) => line.trim() !== "");
}

/**
 * The first of these `host:port` at which somebody takes connections; an earlier one has a head start of 250 ms before each
 * later one. Rejects when nobody does, with what happened at each.
 */
export async function firstReachable(addresses: readonly string[]): Promise<string> {
  const stop = new AbortController();
  const attempts = addresses.map(async (address, place) => {
    await delay(place * attemptDelayMs, undefined, { signal: stop.signal });
    await tryConnection(address, AbortSignal.any([stop.signal, AbortSignal.timeout(attemptMs)]));
    return address;
  });
  try {
    return await Promise.any(attempts);
  } catch (error) {
    const reasons = (error as AggregateError).errors.map((each: Error) => each.message);
    throw new Error(`The agent takes no connection: ${reasons.join("; ")}`, { cause: error });
  } finally {
    stop.abort();
  }
}

async function tryConnection(address: string, signal: AbortSignal): Promise<void> {
  const socket = connect({ ...parseHostPort(address), signal });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", (cause: NodeJS.ErrnoException) => {
        const what = signal.aborted
          ? `no answer within ${attemptMs / 1000} s`
          : (cause.code ?? cause.message);
        reject(new Error(`${address}: ${what}`, { cause }));
      });
    });
  } finally {
    socket.destroy();
  }
}
