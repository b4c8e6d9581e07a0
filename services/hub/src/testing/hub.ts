// A hub in the test's own process, over real sockets and certificates, with what an administrator needs.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import type { AdminClient } from "@sealane/wire";
import { adminClient } from "@sealane/wire";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { parse } from "yaml";
import type { Hub } from "../hub.ts";
import { startHub } from "../hub.ts";
import type { HubOptions } from "../options.ts";

/** A running hub with its log, its data directory and an administrator's client. */
export interface TestHub extends Hub {
  readonly data: string;
  readonly admin: AdminClient;
  readonly adminCredentials: grpc.ChannelCredentials;
  /** PEM. */
  readonly authority: Buffer;
  readonly log: Record<string, unknown>[];
}

/** Starts a hub on free loopback ports; closed when the test ends. */
export async function testHub(options: Partial<HubOptions> = {}): Promise<TestHub> {
  const data = options.data ?? mkdtempSync(join(tmpdir(), "sealane-hub-"));
  // Registered first, so that it runs last, and also where the hub does not start.
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const log: Record<string, unknown>[] = [];
  const write = (line: string): void => void log.push(JSON.parse(line) as Record<string, unknown>);
  const hub = await startHub({
    listen: "127.0.0.1:0",
    metricsListen: "127.0.0.1:0",
    advertise: ["127.0.0.1"],
    log: pino({ level: "debug" }, { write }),
    ...options,
    data,
  });
  const folder = dirname(hub.adminConfig ?? join(data, "admin", "config.yaml"));
  const config = parse(readFileSync(join(folder, "config.yaml"), "utf8")) as Record<
    "hub" | "ca" | "certificate" | "key",
    string
  >;
  const read = (name: "ca" | "certificate" | "key"): Buffer => readFileSync(join(folder, config[name]));
  const adminCredentials = grpc.credentials.createSsl(read("ca"), read("key"), read("certificate"));
  const admin = adminClient(config.hub, adminCredentials);
  const close = async (): Promise<void> => {
    admin.close();
    await hub.close();
  };
  onTestFinished(close);
  return { ...hub, close, data, admin, adminCredentials, authority: read("ca"), log };
}
