// The reflector's contract, against a real kube-apiserver and etcd.

import { afterAll, beforeAll, describe } from "vitest";
import { startRealApiServer } from "./testing/real-api-server.ts";
import type { RealApiServer } from "./testing/real-api-server.ts";
import { reflectorContract } from "./testing/reflector-contract.ts";

describe("reflector, kube-apiserver", () => {
  let server: RealApiServer;
  beforeAll(async () => {
    server = await startRealApiServer();
  });
  afterAll(() => server.stop());
  reflectorContract(() => server.harness());
});
