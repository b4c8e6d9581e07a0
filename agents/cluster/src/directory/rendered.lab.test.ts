// What sites render is what real programs take: BIRD the includes, from the operator's example; an API server the imports;
// and CoreDNS both Corefiles, which then answer for the site's own names and for imported ones.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { debianPackages } from "../../../../test/lab/cache/debian.ts";
import { run } from "../../../../test/lab/index.ts";
import { parseAllDocuments } from "yaml";
import { corednsPath, eventually, openNamespace } from "../dns/real-coredns.ts";
import type { Namespace, Running } from "../dns/real-coredns.ts";
import { createKubeClient } from "../kube/client.ts";
import { collectionPath, resources } from "../kube/resource.ts";
import { fixtures } from "../kube/testing/fixtures.ts";
import { startRealApiServer } from "../kube/testing/real-api-server.ts";
import { eventually as soon } from "../kube/testing/wait.ts";
import type { TestMesh, TestSite } from "./testing/mesh.ts";
import { serviceText, siteManifests, testMesh } from "./testing/mesh.ts";

let mesh: TestMesh;
let a: TestSite;
let b: TestSite;
let namespace: Namespace;

const web = (pods: readonly string[]) =>
  serviceText({ namespace: "shop", name: "web", address: "10.101.0.80", pods, node: "a1", export: "yes" });

beforeAll(async () => {
  mesh = await testMesh();
  a = await mesh.site("a", { ...siteManifests(1, "a"), "web.yaml": web(["10.1.1.7"]) });
  b = await mesh.site("b", siteManifests(2, "b"));
  a.start();
  b.start();
  await soon("the routes", async () => (await b.rendered("bird/b1.conf")).includes("10.101.0.80/32"), 20_000);
  await soon(
    "the names",
    async () => (await b.rendered("zones/clusterset.zone")).includes("web.shop.svc"),
    20_000,
  );
  await soon("the peers", async () => (await b.rendered("peers.Corefile")).includes("10.101.0.53"), 20_000);
  namespace = await openNamespace(`sealane-site-${process.pid}`);
});

afterAll(async () => {
  await namespace.close();
  await mesh.close();
});

test.each([
  ["a", "a1"],
  ["b", "b1"],
])("BIRD takes the include of site %s from the operator's example", async (name, node) => {
  const folder = await mkdtemp(join(tmpdir(), "sealane-bird-"));
  try {
    const example = new URL("../../../../deploy/examples/bird.conf", import.meta.url);
    const include = join((name === "a" ? a : b).folder, "rendered/bird", `${node}.conf`);
    const file = join(folder, "bird.conf");
    const text = await readFile(example, "utf8");
    await writeFile(file, text.replace("/var/lib/sealane/bird/sealane.conf", include));
    const bird = join(await debianPackages(), "bin/bird");
    expect(await run([bird, "-p", "-c", file])).toMatchObject({ status: 0, stderr: "" });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("an API server takes the manifests of an import", async () => {
  const server = await startRealApiServer();
  const client = createKubeClient((await server.harness()).admin);
  try {
    const kube = fixtures(client);
    await kube.installCrds();
    await kube.create(resources.namespaces, "", "shop");
    const kinds = new Map(Object.values(resources).map((resource) => [resource.kind, resource]));
    const taken: string[] = [];
    for (const document of parseAllDocuments(await b.rendered("imports/shop/web.yaml"))) {
      const body = "contents" in document ? (document.toJS() as { kind: string } | null) : null;
      const resource = kinds.get(body?.kind ?? "");
      if (resource === undefined) continue;
      // Refused with what is wrong, were a field unknown.
      await client.request("POST", collectionPath(resource, "shop"), {
        body,
        query: { fieldValidation: "Strict" },
      });
      taken.push(resource.kind);
    }
    expect(taken).toEqual(["ServiceImport", "Service", "EndpointSlice"]);
  } finally {
    await client.close();
    await server.stop();
  }
}, 120_000);

async function serve(coredns: string, file: string): Promise<Running> {
  const rendered = join(b.folder, "rendered");
  // Zone files are named relative to the Corefile's folder.
  const running = namespace.start("sh", [
    "-c",
    'cd "$1" && exec "$2" -conf "$3"',
    "sh",
    rendered,
    coredns,
    file,
  ]);
  await eventually(`CoreDNS serves ${file}`, 20_000, () => {
    if (running.status() !== undefined) throw new Error(`CoreDNS ended:\n${running.output()}`);
    return running.output().includes("CoreDNS-1.15.0") ? true : undefined;
  });
  return running;
}

test("CoreDNS serves both Corefiles, and a changed import without a restart", async () => {
  const coredns = await corednsPath();
  const peers = await serve(coredns, "peers.Corefile");
  const front = await serve(coredns, "Corefile");
  const ask = (name: string, type: "A" | "SOA" | "TXT") =>
    namespace.probe(name, type, { address: "127.0.0.1", port: 53 }, 5_000);
  expect(await ask("mesh-dns.sealane-system.svc.b.mesh.example", "A")).toMatchObject({
    kind: "records",
    records: ["10.102.0.53"],
  });
  expect(await ask("web.shop.svc.clusterset.local", "A")).toMatchObject({
    kind: "records",
    records: ["10.1.1.7"],
  });
  expect(await ask("nobody.shop.svc.clusterset.local", "A")).toMatchObject({ kind: "noName" });
  expect(await ask("gen.mesh.example", "TXT")).toMatchObject({ kind: "records" });
  await a.write("web.yaml", web(["10.1.1.9"]));
  await eventually("the new pod's address", 10_000, async () => {
    const answer = await ask("web.shop.svc.clusterset.local", "A");
    return answer.kind === "records" && answer.records.includes("10.1.1.9") ? true : undefined;
  });
  await front.stop();
  await peers.stop();
}, 120_000);
