// The properties' contract against a real kube-apiserver and etcd.

import { afterAll, beforeAll } from "vitest";
import { startRealApiServer } from "../kube/testing/real-api-server.ts";
import type { RealApiServer } from "../kube/testing/real-api-server.ts";
import { propertiesContract } from "./testing/properties-contract.ts";

let server: RealApiServer;
beforeAll(async () => {
  server = await startRealApiServer();
});
afterAll(() => server.stop());

propertiesContract(() => server.harness());
