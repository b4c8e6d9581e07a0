// The election's contract, against the fake API server.

import { describe } from "vitest";
import { startFakeApiServer } from "./testing/fake-api-server.ts";
import { leaseContract } from "./testing/lease-contract.ts";

describe("election, fake API server", () => {
  leaseContract(() => startFakeApiServer({ crds: "missing" }));
});
