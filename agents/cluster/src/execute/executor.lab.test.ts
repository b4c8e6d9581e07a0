// The executor's contract, against a real kube-apiserver and etcd.

import { afterAll, beforeAll, describe } from "vitest";
import { startRealApiServer } from "../kube/testing/real-api-server.ts";
import type { RealApiServer } from "../kube/testing/real-api-server.ts";
import { exportContract } from "./testing/export-contract.ts";
import { importContract } from "./testing/import-contract.ts";

let server: RealApiServer;
beforeAll(async () => {
  server = await startRealApiServer();
});
afterAll(() => server.stop());

describe("imports, kube-apiserver", () => {
  importContract(() => server.harness());
});

describe("exports, kube-apiserver", () => {
  exportContract(() => server.harness());
});
