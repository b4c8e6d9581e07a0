// A TCP proxy that fails on request: what networks do between an agent and its API server. For tests.

import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** A proxy in front of one server. */
export interface FaultyProxy {
  readonly port: number;
  /** Breaks every connection and refuses new ones until `heal`. */
  cut(): void;
  /** Holds back every byte of the server's answers, on connections open now, for ever; new connections work. */
  stall(): void;
  /** Breaks the next connection that has brought this many more bytes of answers. */
  resetAfter(bytes: number): void;
  heal(): void;
  close(): Promise<void>;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  stalled: boolean;
}

/** Starts a proxy on loopback for `host:port`. */
export async function startFaultyProxy(host: string, port: number): Promise<FaultyProxy> {
  const pairs = new Set<Pair>();
  let isCut = false;
  let resetBytes = Infinity;
  const breakAll = (): void => {
    for (const { near, far } of pairs) {
      near.resetAndDestroy();
      far.destroy();
    }
  };
  const server = createServer((near) => {
    if (isCut) {
      near.resetAndDestroy();
      return;
    }
    const pair: Pair = { near, far: connect(port, host), stalled: false };
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      near.destroy();
      pair.far.destroy();
    };
    for (const socket of [near, pair.far]) socket.setNoDelay(true).on("error", end).on("close", end);
    near.on("data", (chunk) => pair.far.write(chunk));
    pair.far.on("data", (chunk) => {
      if (pair.stalled) return;
      if (chunk.length < resetBytes) {
        resetBytes -= chunk.length;
        near.write(chunk);
        return;
      }
      near.write(chunk.subarray(0, resetBytes), () => near.resetAndDestroy());
      resetBytes = Infinity;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      isCut = true;
      breakAll();
    },
    stall: () => {
      for (const pair of pairs) pair.stalled = true;
    },
    resetAfter: (bytes) => {
      resetBytes = bytes;
    },
    heal: () => {
      isCut = false;
    },
    close: async () => {
      breakAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
