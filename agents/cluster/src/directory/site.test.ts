// Sites that are directories, with the shipped wiring and a real hub: they join, exports cross, changes and faults of
// manifests show in what is rendered, restarts and a hub that is away take nothing back.

import { readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../kube/testing/wait.ts";
import type { TestMesh, TestSite } from "./testing/mesh.ts";
import { serviceText, siteManifests, testMesh } from "./testing/mesh.ts";

let mesh: TestMesh;
let a: TestSite;
let b: TestSite;

const web = (pods: readonly string[]) =>
  serviceText({ namespace: "shop", name: "web", address: "10.101.0.80", pods, node: "a1", export: "yes" });

const has = (site: TestSite, path: string, text: string, withinMs = 10_000): Promise<void> =>
  eventually(`${path} to say ${text}`, async () => (await site.rendered(path)).includes(text), withinMs);

const lacks = (site: TestSite, path: string, text: string, withinMs = 10_000): Promise<void> =>
  eventually(`${path} not to say ${text}`, async () => !(await site.rendered(path)).includes(text), withinMs);

beforeAll(async () => {
  mesh = await testMesh();
  a = await mesh.site("a", { ...siteManifests(1, "a"), "web.yaml": web(["10.1.1.7", "10.1.1.8"]) });
  b = await mesh.site("b", siteManifests(2, "b"));
  a.start();
  b.start();
});

afterAll(() => mesh.close());

test("an export crosses: import, routes, names and conditions are rendered", async () => {
  await has(b, "imports/shop/web.yaml", "10.1.1.8");
  await has(b, "bird/b1.conf", "route 10.101.0.80/32 via 172.16.0.11;");
  await has(b, "bird/b1.conf", "route 10.1.1.0/24 via 172.16.0.11;");
  await has(b, "bird/b1.conf", "route fd00:1:1::/64 via fd16::11;");
  await has(a, "bird/a1.conf", "route 10.101.0.80/32 blackhole;");
  await has(b, "peers.Corefile", "forward . 10.101.0.53:1053");
  await has(b, "Corefile", "file zones/own.zone b.mesh.example");
  await has(b, "zones/clusterset.zone", "web.shop.svc IN A 10.1.1.7");
  await has(a, "zones/own.zone", "web.shop.svc IN A 10.101.0.80");
  await eventually("the conditions", async () => {
    const { exports } = (await a.status()) as {
      exports?: { conditions: { type: string; status: string }[] }[];
    };
    return (
      exports?.[0]?.conditions.some(({ type, status }) => type === "Ready" && status === "True") === true
    );
  });
  await eventually("b to have all that it should, and nothing wrong", async () => {
    const { counts, ...status } = (await b.status()) as { counts?: { desired: number; observed: number }[] };
    expect(status).toMatchObject({ cluster: "b", session: "connected", quarantine: [], findings: [] });
    return counts?.length === 5 && counts.every(({ desired, observed }) => desired === observed);
  });
  expect(await mesh.sealane("get", "routes", "--cluster", "b")).toContain("10.101.0.80/32");
});

test("keys are for nobody else", async () => {
  const state = join(a.folder, "state");
  expect((await stat(state)).mode & 0o777).toBe(0o700);
  for (const file of await readdir(state)) expect((await stat(join(state, file))).mode & 0o777).toBe(0o600);
});

test("a pod that turns unready and a node that goes show in the other site", async () => {
  await a.write("web.yaml", web(["10.1.1.7"]));
  await lacks(b, "imports/shop/web.yaml", "10.1.1.8", 5_000);
  await a.write("web.yaml", web([]));
  await lacks(b, "bird/b1.conf", "10.101.0.80/32", 5_000);
  expect(await b.rendered("bird/b1.conf")).toContain("route 10.1.1.0/24 via 172.16.0.11;");
  await a.write("web.yaml", web(["10.1.1.7"]));
  await has(b, "bird/b1.conf", "route 10.101.0.80/32 via 172.16.0.11;", 5_000);
});

test("a fault in a manifest holds what it said, and is told with file and line", async () => {
  await a.write("web.yaml", web(["10.1.1.700"]));
  await eventually("the finding", async () => JSON.stringify(await a.status()).includes("ManifestInvalid"));
  const { findings } = (await a.status()) as { findings: { subject: string; message: string }[] };
  expect(findings).toEqual([
    {
      subject: "web.yaml:19",
      reason: "ManifestInvalid",
      message: expect.stringContaining('"10.1.1.700"') as unknown,
    },
  ]);
  await eventually("the hub to know", async () =>
    (await mesh.sealane("get", "clusters", "a", "-o", "json")).includes("ManifestInvalid"),
  );
  expect(await b.rendered("imports/shop/web.yaml")).toContain("10.1.1.7");
  await a.write("web.yaml", web(["10.1.1.7"]));
  await eventually(
    "the finding to go",
    async () => !JSON.stringify(await a.status()).includes("ManifestInvalid"),
  );
});

test("what somebody edits by hand is put right, what is somebody else's is left alone", async () => {
  const conf = join(b.folder, "rendered/bird/b1.conf");
  const before = await b.rendered("bird/b1.conf");
  await writeFile(conf, before.replace("via 172.16.0.11", "via 192.0.2.1"));
  await eventually("the repair", async () => (await b.rendered("bird/b1.conf")) === before, 5_000);
  await rm(conf);
  await eventually("the file to be back", async () => (await b.rendered("bird/b1.conf")) === before, 5_000);
  const mine = join(b.folder, "rendered/imports/shop/mine.txt");
  await writeFile(mine, "mine");
  await writeFile(join(b.folder, "rendered/peers.Corefile"), ". { whoami }\n");
  await eventually(
    "the finding",
    async () => JSON.stringify(await b.status()).includes("ObjectNotOurs"),
    10_000,
  );
  expect(await b.rendered("peers.Corefile")).toBe(". { whoami }\n");
  await rm(join(b.folder, "rendered/peers.Corefile"));
  await has(b, "peers.Corefile", "forward . 10.101.0.53:1053", 20_000);
  expect(await readFile(mine, "utf8")).toBe("mine");
}, 60_000);

test("a site that is away, and its own restart, take nothing back", async () => {
  const imported = await b.rendered("imports/shop/web.yaml");
  const routes = await b.rendered("bird/b1.conf");
  const opened = () => b.log.filter(({ msg }) => msg === "session with the hub is open").length;
  const before = opened();
  await a.stop();
  await b.stop();
  b.start();
  await eventually("the session", () => opened() > before);
  await eventually("the status", async () => (await b.status())["session"] === "connected");
  expect([await b.rendered("imports/shop/web.yaml"), await b.rendered("bird/b1.conf")]).toEqual([
    imported,
    routes,
  ]);
  a.start();
  await a.remove("web.yaml");
  await eventually("the export to go", async () => (await b.rendered("imports/shop/web.yaml")) === "");
  await lacks(b, "bird/b1.conf", "10.101.0.80/32");
  await has(b, "bird/b1.conf", "route 10.1.1.0/24 via 172.16.0.11;");
}, 60_000);

test("an overlapping newcomer is quarantined and told what is free", async () => {
  const c = await mesh.site("c", {
    ...siteManifests(3, "c"),
    "more.yaml": `apiVersion: v1
kind: Node
metadata: { name: c2 }
spec: { podCIDRs: [10.1.1.0/25] }
status: { addresses: [{ type: InternalIP, address: 172.16.0.32 }], conditions: [{ type: Ready, status: "True" }] }
`,
  });
  c.start();
  await eventually("the quarantine", async () =>
    JSON.stringify((await c.status())["quarantine"]).includes("10.1.1.0/25"),
  );
  const { quarantine } = (await c.status()) as { quarantine: Record<string, string>[] };
  expect(quarantine).toMatchObject([
    { prefix: "10.1.1.0/25", reason: "RangeOverlap", owner: "a", free: "10.64.0.0/25" },
  ]);
  await has(b, "bird/b1.conf", "route 10.3.1.0/24 via 172.16.0.31;");
  expect(await b.rendered("bird/b1.conf")).not.toContain("10.1.1.0/25");
  await c.stop();
});
