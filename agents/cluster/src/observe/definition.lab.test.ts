// The definition's contract, against a real kube-apiserver and etcd.

import { afterAll, beforeAll } from "vitest";
import { startRealApiServer } from "../kube/testing/real-api-server.ts";
import type { RealApiServer } from "../kube/testing/real-api-server.ts";
import { definitionContract } from "./testing/definition-contract.ts";

let server: RealApiServer;
beforeAll(async () => {
  server = await startRealApiServer();
});
afterAll(() => server.stop());

definitionContract(() => server.harness());
