// The executor's contract, against the fake API server and against a folder of rendered files.

import { describe } from "vitest";
import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import { directoryForm } from "./directory/testing/directory-form.ts";
import { apiServerForm } from "./testing/bench.ts";
import { exportContract } from "./testing/export-contract.ts";
import { handEditContract } from "./testing/hand-edit-contract.ts";
import { importChangeContract } from "./testing/import-change-contract.ts";
import { importContract } from "./testing/import-contract.ts";

describe("imports, fake API server", () => {
  importContract(async (name) => apiServerForm(await startFakeApiServer({ crds: "missing" }), name));
});

describe("exports, fake API server", () => {
  exportContract(async (name) => apiServerForm(await startFakeApiServer({ crds: "missing" }), name));
});

describe("edits by hand, fake API server", () => {
  handEditContract(async (name) => apiServerForm(await startFakeApiServer({ crds: "missing" }), name));
});

describe("imports, rendered files", () => {
  importContract(directoryForm("imports/"));
});

describe("exports, rendered files", () => {
  exportContract(directoryForm("status.yaml"));
});

describe("changes of imports, fake API server", () => {
  importChangeContract(async (name) => apiServerForm(await startFakeApiServer({ crds: "missing" }), name));
});
