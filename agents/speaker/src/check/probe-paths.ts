// Whether packets of a link's full size reach the nodes on it. A datagram to a port where nobody listens is answered
// by the other kernel (RFC 1122, 4.1.3.1), so its answer proves that the packet arrived; no privilege is needed.

import { createSocket } from "node:dgram";
import { familyOf } from "@sealane/core";

/** Where to, and how large. */
export interface Path {
  /** A node on a network of this one, canonical. */
  readonly address: string;
  /** Size of the whole packet, headers included. */
  readonly bytes: number;
}

/** A path whose other end answers. */
export interface ProbedPath extends Path {
  readonly large: "arrived" | "lost";
}

/** Discard (RFC 863), which hardly anybody serves any more. */
const port = 9;
const answerMs = 300;
const smallBytes = 64;

/** The paths whose ends answer at all: a firewall that drops both sizes says nothing about size. Never rejects. */
export async function probePaths(paths: readonly Path[]): Promise<readonly ProbedPath[]> {
  const probed = await Promise.all(paths.map(probePath));
  return probed.flat();
}

async function probePath(path: Path): Promise<readonly ProbedPath[]> {
  if (await arrives(path)) return [{ ...path, large: "arrived" }];
  if (!(await arrives({ ...path, bytes: smallBytes }))) return [];
  return [{ ...path, large: (await arrives(path)) ? "arrived" : "lost" }];
}

/** Linux sets "don't fragment" on datagrams that fit its link (ip(7), IP_PMTUDISC_WANT). */
function arrives({ address, bytes }: Path): Promise<boolean> {
  const family = familyOf(address);
  const socket = createSocket(family === 4 ? "udp4" : "udp6");
  return new Promise((resolve) => {
    const end = (arrived: boolean) => {
      clearTimeout(deadline);
      socket.removeAllListeners();
      socket.close();
      resolve(arrived);
    };
    const deadline = setTimeout(() => end(false), answerMs);
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code === "ECONNREFUSED"));
    socket.connect(port, address, () => socket.send(Buffer.alloc(bytes - (family === 4 ? 28 : 48))));
  });
}
