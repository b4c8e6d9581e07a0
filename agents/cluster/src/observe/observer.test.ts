// The observer's contract, against the fake API server and against a directory.

import { describe } from "vitest";
import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import { directoryRig } from "./directory/testing/directory-rig.ts";
import { apiServerRig } from "./testing/api-server-rig.ts";
import { observerContract } from "./testing/observer-contract.ts";

describe("observer, fake API server", () => {
  observerContract(async () => apiServerRig(await startFakeApiServer({ crds: "missing" })));
});

describe("observer, directory of manifests", () => {
  observerContract(directoryRig);
});
