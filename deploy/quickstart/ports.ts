// Free ports of the loopback address. A port that was free a moment ago may be taken by then: whoever binds it says so.

import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";

/** The address at which everything listens. */
export const loopback = "127.0.0.1";

const usualPort = 7443;
const triesMax = 20;

/** A port that is free together with the one below it. Rejects when `wanted` is taken. */
export async function hubPort(wanted: number | undefined): Promise<number> {
  if (await isPairFree(wanted ?? usualPort)) return wanted ?? usualPort;
  if (wanted !== undefined) {
    throw new Error(`Cannot use port ${wanted} or the one below it: taken. Name another with --port.`);
  }
  for (let tries = 0; tries < triesMax; tries++) {
    const [port = 0] = await freePorts(1);
    if (await isPairFree(port)) return port;
  }
  throw new Error(`Cannot find two free ports side by side on ${loopback}. Name one with --port.`);
}

/** So many free ports, each another. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => bind(0)));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(release));
  return ports;
}

async function isPairFree(port: number): Promise<boolean> {
  const bound = await Promise.allSettled([bind(port), bind(port - 1)]);
  const servers = bound.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  await Promise.all(servers.map(release));
  return servers.length === 2;
}

function bind(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host: loopback, port, exclusive: true }, () => resolve(server));
  });
}

function release(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
