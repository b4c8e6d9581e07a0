// The executor's contract, against the fake API server.

import { describe } from "vitest";
import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import { exportContract } from "./testing/export-contract.ts";
import { importContract } from "./testing/import-contract.ts";

describe("imports, fake API server", () => {
  importContract(() => startFakeApiServer({ crds: "missing" }));
});

describe("exports, fake API server", () => {
  exportContract(() => startFakeApiServer({ crds: "missing" }));
});
