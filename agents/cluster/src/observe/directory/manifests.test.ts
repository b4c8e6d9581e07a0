// A directory of manifests is followed: changes count within a second, faults hold what was said, absence is believed
// only of a directory that can be read whole.

import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { siteFolders } from "../../directory/testing/folders.ts";
import { resources } from "../../kube/resource.ts";
import { eventually } from "../../kube/testing/wait.ts";
import { parseServiceExport } from "../parse-service-export.ts";
import { parseService } from "../parse-service.ts";
import type { FirstSeen } from "./first-seen.ts";
import { Manifests } from "./manifests.ts";

const service = (name: string, address = "10.112.0.7") =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: ${name}, namespace: shop }\nspec: { clusterIPs: [${address}] }\n`;

async function followed(seen: FirstSeen = new Map()) {
  const folders = await siteFolders();
  const stop = new AbortController();
  onTestFinished(async () => {
    stop.abort();
    await folders.remove();
  });
  const sightings: FirstSeen[] = [];
  const open = () => {
    const manifests = new Manifests(
      {
        directory: folders.manifests,
        firstSeen: seen,
        onFirstSeen: (next) => sightings.push(next),
        onFaults: () => {},
        onChange: () => {},
      },
      stop.signal,
    );
    let told = 0;
    const services = manifests.follow(
      {
        resource: resources.services,
        parse: parseService,
        onChange: (keys) => (told += keys.length),
        onSynced: () => {},
        onUnknown: () => {},
        onInvalid: () => {},
      },
      stop.signal,
    );
    const exports = manifests.follow(
      {
        resource: resources.serviceExports,
        parse: parseServiceExport,
        onChange: () => {},
        onSynced: () => {},
        onUnknown: () => {},
        onInvalid: () => {},
      },
      stop.signal,
    );
    const addresses = () =>
      Object.fromEntries([...services.store.values()].map((each) => [each.name, each.clusterAddresses[0]]));
    return { manifests, services, exports, addresses, told: () => told };
  };
  return { ...folders, open, sightings };
}

test("a new file, a replaced one and a removed one count at once, and only what changed is told", async () => {
  const { open, writeManifest, removeManifest } = await followed();
  await writeManifest("a.yaml", service("a"));
  const { services, addresses, told } = open();
  await eventually("the first reading", () => services.synced);
  expect(addresses()).toEqual({ a: "10.112.0.7" });
  await writeManifest("deep/er/b.yaml", service("b"));
  await eventually("the new file", () => "b" in addresses(), 3_000);
  await writeManifest("a.yaml", service("a", "10.112.0.8"));
  await eventually("the replacement", () => addresses()["a"] === "10.112.0.8", 3_000);
  await writeManifest("deep/er/b.yaml", `# no change\n${service("b")}`);
  await removeManifest("a.yaml");
  await eventually("the removal", () => !("a" in addresses()), 3_000);
  expect(addresses()).toEqual({ b: "10.112.0.7" });
  expect(told()).toBe(4);
});

test("a file with a fault keeps what it said, the others go on, and the fault goes with its cause", async () => {
  const { open, writeManifest } = await followed();
  await writeManifest("a.yaml", service("a"));
  const { manifests, services, addresses } = open();
  await eventually("the first reading", () => services.synced);
  await writeManifest("a.yaml", `${service("a", "10.112.0.9")}---\n${service("c", "nonsense")}`);
  await writeManifest("b.yaml", service("b"));
  await eventually("the other file", () => "b" in addresses(), 3_000);
  await eventually("the fault", () => manifests.faults.length > 0);
  expect(manifests.faults).toEqual([expect.stringMatching(/^a\.yaml:9: .*"nonsense"/)]);
  expect(addresses()).toEqual({ a: "10.112.0.7", b: "10.112.0.7" });
  await writeManifest("a.yaml", service("a", "10.112.0.9"));
  await eventually("the correction", () => addresses()["a"] === "10.112.0.9", 3_000);
  expect(manifests.faults).toEqual([]);
});

test("a truncated file is no empty one", async () => {
  const { open, manifests: folder, writeManifest } = await followed();
  await writeManifest("a.yaml", service("a"));
  const { manifests, services, addresses } = open();
  await eventually("the first reading", () => services.synced);
  await writeFile(join(folder, "a.yaml"), "");
  await eventually("the fault", () => manifests.faults.some((fault) => fault.startsWith("a.yaml:1: ")));
  expect(addresses()).toEqual({ a: "10.112.0.7" });
});

test("while a file was never readable, nothing that moved may count as gone", async () => {
  const { open, writeManifest, removeManifest } = await followed();
  await writeManifest("a.yaml", service("a"));
  const { manifests, services, addresses } = open();
  await eventually("the first reading", () => services.synced);
  await writeManifest("z.yaml", service("a").replace("kind", "kind:"));
  await manifests.reread();
  await removeManifest("a.yaml");
  await manifests.reread();
  expect(addresses()).toEqual({ a: "10.112.0.7" });
  await writeManifest("z.yaml", service("b"));
  await eventually("the whole reading", () => "b" in addresses(), 3_000);
  expect(addresses()).toEqual({ b: "10.112.0.7" });
});

test("a directory that is away or empty says nothing, and one that comes back is followed", async () => {
  const { open, manifests: folder, writeManifest } = await followed();
  await writeManifest("a.yaml", service("a"));
  const { manifests, services, addresses } = open();
  await eventually("the first reading", () => services.synced);
  await rename(folder, `${folder}.away`);
  await eventually("the fault", () => manifests.faults.length > 0);
  expect(manifests.faults[0]).toContain(`${folder}:0: cannot be read, what it said before holds`);
  await mkdir(folder);
  await manifests.reread();
  expect(manifests.faults[0]).toContain("there is no manifest in it");
  expect(addresses()).toEqual({ a: "10.112.0.7" });
  await rm(folder, { recursive: true });
  await rename(`${folder}.away`, folder);
  await writeManifest("a.yaml", service("a", "10.112.0.9"));
  await eventually("the return", () => addresses()["a"] === "10.112.0.9", 3_000);
  expect(manifests.faults).toEqual([]);
});

test("of two objects with one name the first file's counts, and the fault says where both are", async () => {
  const { open, writeManifest, removeManifest } = await followed();
  await writeManifest("b.yaml", `${service("x")}---\n${service("a", "10.112.0.9")}`);
  await writeManifest("a.yaml", service("a"));
  const { manifests, services, addresses } = open();
  await eventually("the first reading", () => services.synced);
  expect(addresses()).toEqual({ a: "10.112.0.7", x: "10.112.0.7" });
  expect(manifests.faults).toEqual([
    "b.yaml:6: Service shop/a is at a.yaml:1 already, which counts; keep one of the two",
  ]);
  await removeManifest("a.yaml");
  await eventually("the other to count", () => addresses()["a"] === "10.112.0.9", 3_000);
});

test("an export without a time counts from when it was first seen, over restarts", async () => {
  const text =
    "apiVersion: multicluster.x-k8s.io/v1beta1\nkind: ServiceExport\nmetadata: { name: web, namespace: shop }\n";
  const seen = new Map([["shop/web", 1_700_000_000]]);
  const { open, writeManifest, sightings } = await followed(seen);
  await writeManifest("e.yaml", text);
  const { exports } = open();
  await eventually("the first reading", () => exports.synced);
  expect([...exports.store.values()]).toMatchObject([{ createdAt: 1_700_000_000 }]);
  await writeManifest("f.yaml", text.replace("web", "new"));
  await eventually("the new export", () => exports.store.size === 2, 3_000);
  expect([...(sightings.at(-1) ?? [])].map(([key]) => key)).toEqual(["shop/web", "shop/new"]);
  expect(sightings.at(-1)?.get("shop/new")).toBeGreaterThan(1_700_000_000);
});
