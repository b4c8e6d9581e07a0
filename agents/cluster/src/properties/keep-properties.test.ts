// The properties' contract against the fake API server.

import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import { propertiesContract } from "./testing/properties-contract.ts";

propertiesContract(() => startFakeApiServer({ crds: "missing" }));
