// Installing against the fake API server: what is written, what is not, and what another writer in between does to it.

import { afterEach, beforeEach, expect, test } from "vitest";
import { createKubeClient } from "../kube/client.ts";
import type { KubeClient } from "../kube/client.ts";
import { KubeError } from "../kube/error.ts";
import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import type { FakeApiServer } from "../kube/testing/fake-api-server.ts";
import { withRequest } from "../kube/testing/harness.ts";
import type { InstallMode, Outcome } from "./install.ts";
import { installAll } from "./install.ts";
import { readShipped } from "./shipped.ts";

const collection = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const imports = "serviceimports.multicluster.x-k8s.io";
const release = "multicluster.x-k8s.io/release-version";

let server: FakeApiServer;
let client: KubeClient;
let writes: string[];
let before: (method: string, path: string) => Promise<void>;

beforeEach(async () => {
  server = await startFakeApiServer({ crds: "missing" });
  const plain = createKubeClient(server.admin);
  writes = [];
  before = async () => undefined;
  client = withRequest(plain, async (method, path, options) => {
    await before(method, path);
    if (method !== "GET") writes.push(`${method} ${path}`);
    const answer = await plain.request(method, path, options);
    // The fake serves what it holds and says nothing of it.
    const established = { conditions: [{ type: "Established", status: "True" }] };
    return method === "GET" ? { ...(answer as object), status: established } : answer;
  });
});

afterEach(async () => {
  await client.close();
  await server.close();
});

const install = async (mode: InstallMode = "apply"): Promise<readonly Outcome[]> =>
  installAll(client, await readShipped(), mode);
const done = (outcomes: readonly Outcome[]) => outcomes.map(({ decision, error }) => error ?? decision?.is);

async function found(name: string): Promise<any> {
  return client.request("GET", `${collection}/${name}`);
}

/** Puts what is shipped there as if it were of another release, noted by somebody else. */
async function place(name: string, version: string | undefined): Promise<void> {
  const shipped = (await readShipped()).find(({ definition }) => definition.name === name);
  const labels =
    version === undefined ? {} : { [release]: version, "multicluster.x-k8s.io/crd-schema-revision": "4" };
  const metadata = { name, labels: { ...labels, team: "x" }, annotations: { note: "theirs" } };
  await client.request("POST", collection, {
    body: { metadata, spec: { ...shipped?.definition.spec, old: true } },
  });
  writes.splice(0);
}

test("what is missing is created, and a second time nothing is written (MCS 61)", async () => {
  expect(done(await install())).toEqual(["create", "create", "create"]);
  expect((await found(imports)).metadata.labels[release]).toBe("v0.5.2");
  writes.splice(0);
  expect(done(await install())).toEqual(["keep", "keep", "keep"]);
  expect(writes).toEqual([]);
});

test("a dry run decides the same and writes nothing", async () => {
  expect(done(await install("dry-run"))).toEqual(["create", "create", "create"]);
  expect(writes).toEqual([]);
});

test("an older one gets our schema whole, and keeps what others noted on it (MCS 61)", async () => {
  await place(imports, "v0.4.1");
  expect(done(await install())).toEqual(["create", "create", "update"]);
  const { metadata, spec } = await found(imports);
  expect(metadata.labels).toMatchObject({
    team: "x",
    [release]: "v0.5.2",
    "multicluster.x-k8s.io/crd-schema-revision": "0",
  });
  expect(metadata.annotations).toEqual({ note: "theirs" });
  expect(spec.old).toBeUndefined();
});

test.each([["v0.6.0"], [undefined]])("one of release %s is not written (MCS 61)", async (version) => {
  await place(imports, version);
  expect(done(await install())).toEqual(["create", "create", "keep"]);
  expect(writes.filter((each) => each.includes(imports))).toEqual([]);
  expect((await found(imports)).spec.old).toBe(true);
});

test("where somebody brings a newer one between look and write, it is looked at again and stays", async () => {
  await place(imports, "v0.4.1");
  before = async (method) => {
    if (method !== "PUT") return;
    before = async () => undefined;
    const newer = await found(imports);
    newer.metadata.labels[release] = "v0.9.0";
    await client.request("PUT", `${collection}/${imports}`, { body: newer });
  };
  expect(done(await install())).toEqual(["create", "create", "keep"]);
  expect((await found(imports)).metadata.labels[release]).toBe("v0.9.0");
});

test("where somebody creates it in between, it is looked at again", async () => {
  before = async (method) => {
    if (method !== "POST") return;
    before = async () => undefined;
    const [first] = await readShipped();
    const { name, labels, spec } = first?.definition ?? {};
    await client.request("POST", collection, { body: { metadata: { name, labels }, spec } });
  };
  expect(done(await install())).toEqual(["keep", "create", "create"]);
});

test("one that cannot be read stops none of the others, and nothing of it is written", async () => {
  before = async (method, path) => {
    if (method === "GET" && path.endsWith(imports))
      throw new KubeError("no answer", { status: 403, reason: "Forbidden" });
  };
  expect(done(await install())).toEqual(["create", "create", "no answer"]);
  expect(writes.length).toBe(2);
});

test("one that is being deleted is not taken for missing", async () => {
  await place(imports, "v0.4.1");
  const plain = client;
  client = withRequest(plain, async (method, path, options) => {
    const answer: any = await plain.request(method, path, options);
    if (path.endsWith(imports))
      answer.metadata = { ...answer.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" };
    return answer;
  });
  const [, , last] = await install();
  expect(last?.error).toMatch(/being deleted/);
});
