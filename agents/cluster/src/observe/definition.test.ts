// The definition's contract, against the fake API server.

import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import { definitionContract } from "./testing/definition-contract.ts";

definitionContract(() => startFakeApiServer({ crds: "missing" }));
