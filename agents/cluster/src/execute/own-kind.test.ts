// Own objects of a kind that stops being served: nothing is sent in vain, and its return is told.

import { afterEach, beforeEach, expect, test } from "vitest";
import { createKubeClient } from "../kube/client.ts";
import type { KubeClient } from "../kube/client.ts";
import { resources } from "../kube/resource.ts";
import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import type { FakeApiServer } from "../kube/testing/fake-api-server.ts";
import { fixtures } from "../kube/testing/fixtures.ts";
import { eventually } from "../kube/testing/wait.ts";
import { NotServed, OwnKind } from "./own-kind.ts";
import { importFields, parseServiceImport } from "./parse-own.ts";

let server: FakeApiServer;
let client: KubeClient;
let term: AbortController;

beforeEach(async () => {
  server = await startFakeApiServer({ crds: "missing" });
  client = createKubeClient(server.admin);
  term = new AbortController();
  await fixtures(client).installCrds();
});

afterEach(async () => {
  term.abort();
  await client.close();
  await server.close();
});

test("a definition that goes and comes: writes are not sent meanwhile, then everything is looked at again (MCS 42)", async () => {
  let synced = 0;
  const problems: string[] = [];
  const kind = new OwnKind({
    client,
    term: { signal: term.signal, isCurrent: () => true },
    resource: resources.serviceImports,
    parse: parseServiceImport,
    fields: importFields,
    onChange: () => {},
    onSynced: () => synced++,
    onProblem: (error) => problems.push(error.message),
    limits: { backoff: { minMs: 5, maxMs: 50 } },
  });
  await eventually("the first list", () => synced === 1);
  const crd = "serviceimports.multicluster.x-k8s.io";
  await client.request("DELETE", `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd}`);
  await eventually("the kind to be missed", () => kind.unavailable?.status === 404);
  let sent = 0;
  server.deny(() => {
    sent++;
    return undefined;
  });
  await expect(kind.create("shop", "web", {})).rejects.toBeInstanceOf(NotServed);
  expect([sent, synced]).toEqual([0, 1]);
  await fixtures(client).installCrds();
  await eventually("everything to be looked at again", () => synced === 2);
  expect(kind.unavailable).toBeUndefined();
  // Told once each: that the watch ended, and that the list fails.
  expect(new Set(problems).size).toBe(problems.length);
});
