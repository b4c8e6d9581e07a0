// A real hub in this process for tests of the command line, with a person's configuration as it writes it.

import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Hub, HubOptions } from "@sealane/hub";
import { startHub } from "@sealane/hub";

/** A running hub and its administrator's configuration. */
export interface RealHub {
  readonly hub: Hub;
  readonly adminConfig: string;
}

/** Starts a hub on loopback with its data in `folder` and documents from `documents`. */
export async function startRealHub(folder: string, documents: string): Promise<RealHub> {
  const port = await freePortPair();
  const hub = await startHub({
    data: join(folder, "data"),
    documents,
    listen: `127.0.0.1:${port}`,
    advertise: ["127.0.0.1"],
    metricsListen: "127.0.0.1:0",
    log: silentLog,
  });
  if (hub.adminConfig === undefined) throw new Error(`The hub wrote no configuration below "${folder}"`);
  return { hub, adminConfig: hub.adminConfig };
}

/** A port that is free, with the one below it: joining is served there. */
async function freePortPair(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = await bind(0);
    if (port !== undefined && (await bind(port - 1)) !== undefined) return port;
  }
  throw new Error("No two neighbouring ports of 127.0.0.1 were free in 100 attempts");
}

/** Binds and lets go again; the port, or undefined when it is taken. */
function bind(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const bound = (server.address() as AddressInfo).port;
      server.close(() => resolve(bound));
    });
  });
}

const nothing = () => undefined;

/** Says nothing; the part of a logger that a hub uses. */
const silentLog = {
  level: "silent",
  fatal: nothing,
  error: nothing,
  warn: nothing,
  info: nothing,
  debug: nothing,
  trace: nothing,
  silent: nothing,
  child: () => silentLog,
} as unknown as HubOptions["log"];
