// Selected exports against a real kube-apiserver and etcd.

import { afterAll, beforeAll, describe } from "vitest";
import { startRealApiServer } from "../kube/testing/real-api-server.ts";
import type { RealApiServer } from "../kube/testing/real-api-server.ts";
import { apiServerForm } from "./testing/bench.ts";
import { selectedContract } from "./testing/selected-contract.ts";

let server: RealApiServer;
beforeAll(async () => {
  server = await startRealApiServer();
});
afterAll(() => server.stop());

describe("selected exports, kube-apiserver", () => {
  selectedContract(async (name) => apiServerForm(await server.harness(), name));
});
