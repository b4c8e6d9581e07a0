// The reflector's contract, against the fake API server.

import { describe } from "vitest";
import { startFakeApiServer } from "./testing/fake-api-server.ts";
import { reflectorContract } from "./testing/reflector-contract.ts";

describe("reflector, fake API server", () => {
  reflectorContract(() => startFakeApiServer({ crds: "missing" }));
});
