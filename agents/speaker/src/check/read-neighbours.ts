// Which neighbours answer. The kernel keeps the word of its last try, so a next hop that it calls failed is sent one
// empty datagram before that is believed.

import { createSocket } from "node:dgram";
import { setTimeout as delay } from "node:timers/promises";
import { canonicalAddress, familyOf } from "@sealane/core";
import type { Neighbour } from "./judge-links.ts";

/** Next hops that are asked again before they are called silent. */
const askedAgainMax = 256;
/** A neighbour of the same network answers within this. */
const answerMs = 500;
const discardPort = 9;

/** The neighbour table as `look` shows it (elements of `ip -json neighbour show`), what failed asked anew. */
export async function readNeighbours(
  look: () => Promise<readonly unknown[]>,
  nextHops: readonly string[],
): Promise<readonly Neighbour[]> {
  const first = (await look()).flatMap(parseNeighbour);
  const failed = first.filter(({ address, state }) => state === "FAILED" && nextHops.includes(address));
  if (failed.length === 0) return first;
  await Promise.all(failed.slice(0, askedAgainMax).map(({ address }) => touch(address)));
  await delay(answerMs);
  const second = (await look()).flatMap(parseNeighbour);
  const answered = new Set(
    second.filter(({ state }) => !unanswered.has(state)).map(({ address }) => address),
  );
  return first.filter(({ address, state }) => state !== "FAILED" || !answered.has(address));
}

const unanswered: ReadonlySet<string> = new Set(["FAILED", "INCOMPLETE", "NONE"]);

/** Makes the kernel look for the neighbour. Nobody listens at the discard port, and nobody needs to. */
async function touch(address: string): Promise<void> {
  const socket = createSocket(familyOf(address) === 4 ? "udp4" : "udp6");
  await new Promise<void>((resolve) => {
    socket.on("error", () => resolve());
    socket.send("", discardPort, address, () => resolve());
  });
  socket.close();
}

/** One element of `ip -json neighbour show`. */
function parseNeighbour(element: unknown): Neighbour[] {
  const { dst, state = [] } = element as { readonly dst?: string; readonly state?: readonly string[] };
  return dst === undefined ? [] : [{ address: canonicalAddress(dst), state: state[0] ?? "NONE" }];
}
