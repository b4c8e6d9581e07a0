// The observer's contract, against the fake API server.

import { describe } from "vitest";
import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import { observerContract } from "./testing/observer-contract.ts";

describe("observer, fake API server", () => {
  observerContract(() => startFakeApiServer({ crds: "missing" }));
});
