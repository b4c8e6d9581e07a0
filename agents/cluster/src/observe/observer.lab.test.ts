// The observer's contract, against a real kube-apiserver and etcd.

import { afterAll, beforeAll, describe } from "vitest";
import { startRealApiServer } from "../kube/testing/real-api-server.ts";
import type { RealApiServer } from "../kube/testing/real-api-server.ts";
import { apiServerRig } from "./testing/api-server-rig.ts";
import { observerContract } from "./testing/observer-contract.ts";

describe("observer, kube-apiserver", () => {
  let server: RealApiServer;
  beforeAll(async () => {
    server = await startRealApiServer();
  });
  afterAll(() => server.stop());
  observerContract(async () => apiServerRig(await server.harness()));
});
