// The contracts of the observer and of the definition that it follows, against a real kube-apiserver and etcd.

import { afterAll, beforeAll, describe } from "vitest";
import { startRealApiServer } from "../kube/testing/real-api-server.ts";
import type { RealApiServer } from "../kube/testing/real-api-server.ts";
import { apiServerRig } from "./testing/api-server-rig.ts";
import { definitionContract } from "./testing/definition-contract.ts";
import { observerContract } from "./testing/observer-contract.ts";

let server: RealApiServer;
beforeAll(async () => {
  server = await startRealApiServer();
});
afterAll(() => server.stop());

describe("observer, kube-apiserver", () => {
  observerContract(async () => apiServerRig(await server.harness()));
});

describe("definition, kube-apiserver", () => {
  definitionContract(() => server.harness());
});
