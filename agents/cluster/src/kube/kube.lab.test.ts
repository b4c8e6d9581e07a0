// The contracts of reflector and election, against a real kube-apiserver and etcd.

import { afterAll, beforeAll, describe } from "vitest";
import { leaseContract } from "./testing/lease-contract.ts";
import { startRealApiServer } from "./testing/real-api-server.ts";
import type { RealApiServer } from "./testing/real-api-server.ts";
import { reflectorContract } from "./testing/reflector-contract.ts";

let server: RealApiServer;
beforeAll(async () => {
  server = await startRealApiServer();
});
afterAll(() => server.stop());

describe("reflector, kube-apiserver", () => {
  reflectorContract(() => server.harness());
});

describe("election, kube-apiserver", () => {
  leaseContract(() => server.harness());
});
