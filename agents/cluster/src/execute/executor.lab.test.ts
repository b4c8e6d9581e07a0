// The executor's contract, against a real kube-apiserver and etcd.

import { afterAll, beforeAll, describe } from "vitest";
import { startRealApiServer } from "../kube/testing/real-api-server.ts";
import type { RealApiServer } from "../kube/testing/real-api-server.ts";
import { apiServerForm } from "./testing/bench.ts";
import { exportContract } from "./testing/export-contract.ts";
import { handEditContract } from "./testing/hand-edit-contract.ts";
import { importChangeContract } from "./testing/import-change-contract.ts";
import { importContract } from "./testing/import-contract.ts";
import { selectedContract } from "./testing/selected-contract.ts";

let server: RealApiServer;
beforeAll(async () => {
  server = await startRealApiServer();
});
afterAll(() => server.stop());

describe("imports, kube-apiserver", () => {
  importContract(async (name) => apiServerForm(await server.harness(), name));
});

describe("exports, kube-apiserver", () => {
  exportContract(async (name) => apiServerForm(await server.harness(), name));
});

describe("edits by hand, kube-apiserver", () => {
  handEditContract(async (name) => apiServerForm(await server.harness(), name));
});

describe("changes of imports, kube-apiserver", () => {
  importChangeContract(async (name) => apiServerForm(await server.harness(), name));
});

describe("selected exports, kube-apiserver", () => {
  selectedContract(async (name) => apiServerForm(await server.harness(), name));
});
