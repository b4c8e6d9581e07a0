// Documents become what the core decides from, or every fault is told with its line.

import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import type { Declaration } from "./declare.ts";
import { declare, defaultMeshZone } from "./declare.ts";
import { watchDirectory } from "./directory.ts";
import type { GoodFiles } from "./directory.ts";
import { parseFile } from "./parse.ts";

const setText = `# The whole set.
apiVersion: sealane.dev/v1alpha1
kind: ClusterSet
metadata:
  name: main
spec:
  meshZone: mesh.example
  pools:
    - { kind: pod, prefix: 10.64.0.0/10 }
    - { kind: service, prefix: fd00:5ea1::/48 }
  reserved: [192.168.0.0/16]
`;
const clusterText = (name: string, asn = 64512) => `apiVersion: sealane.dev/v1alpha1
kind: Cluster
metadata:
  name: ${name}
spec:
  claims: [10.64.0.0/16, "fd00:5ea1:a::/64"]
  exportNamespaces: [shop]
  asn: ${asn}
  topology: l2
`;

it("takes several documents of a file", () => {
  const { documents = [] } = parseFile("all.yaml", `${setText}---\n${clusterText("a")}---\n`);
  const { declared, refused } = declare(documents);
  expect(refused).toEqual([]);
  expect(declared).toEqual({
    meshZone: "mesh.example",
    pools: [
      { kind: "pod", prefix: "10.64.0.0/10" },
      { kind: "service", prefix: "fd00:5ea1::/48" },
    ],
    reserved: ["192.168.0.0/16"],
    clusters: new Map([
      [
        "a",
        { name: "a", claims: ["10.64.0.0/16", "fd00:5ea1:a::/64"], exportNamespaces: ["shop"], asn: 64512 },
      ],
    ]),
  });
});

it("tells every fault of a file at once, each with its line", () => {
  const text = `apiVersion: sealane.dev/v1
kind: ClusterSet
metadata:
  name: Main
spec:
  meshZone: Mesh.example.
  pools:
    - kind: pods
      prefix: 10.0.0.1/8
    - { kind: pod, prefix: 2001:DB8::/32 }
  reserve: []
---
kind: Clutser
---
apiVersion: sealane.dev/v1alpha1
kind: Cluster
metadata:
  name: gen
spec:
  claims:
    - 0.0.0.0/0
  asn: 0
  topology: fabric
`;
  const { faults = [] } = parseFile("bad.yaml", text);
  const lines = faults.map((fault) => /^bad\.yaml:(\d+): (.*)$/s.exec(fault)?.slice(1, 3) ?? [fault]);
  expect(lines.map(([line]) => Number(line))).toEqual([1, 4, 6, 8, 9, 10, 11, 13, 18, 21, 22, 23]);
  const reasons = new Map(lines.map(([line, reason]) => [Number(line), reason]));
  expect(reasons.get(1)).toMatch(/^apiVersion: must be sealane\.dev\/v1alpha1$/);
  expect(reasons.get(9)).toMatch(/pools\[0\]\.prefix: .*host bits.*write "10\.0\.0\.0\/8"/);
  expect(reasons.get(10)).toMatch(/write "2001:db8::\/32"/);
  expect(reasons.get(11)).toBe("spec.reserve: there is no such field");
  expect(reasons.get(13)).toMatch(/"Clutser": must be ClusterSet or Cluster/);
  expect(reasons.get(18)).toMatch(/"gen" is reserved/);
  expect(reasons.get(21)).toMatch(/a default route/);
});

it.each([
  ["an unfinished list", "kind: [ClusterSet\nspec: {}\n"],
  ["a key said twice", "kind: Cluster\nkind: Cluster\n"],
  ["a document that is a list", "- kind: Cluster\n"],
  ["nothing", ""],
  ["only a comment", "# soon\n"],
])("refuses %s with file and line", (_, text) => {
  expect(parseFile("x.yaml", text).faults?.[0]).toMatch(/^x\.yaml:\d+: \S/);
});

it("refuses the later of two documents of one name and says where the first is", () => {
  const first = parseFile("1.yaml", setText + "---\n" + clusterText("a", 1)).documents ?? [];
  const second = parseFile("2.yaml", clusterText("a", 2) + "---\n" + setText).documents ?? [];
  const { declared, refused } = declare([...first, ...second]);
  expect(declared.clusters.get("a")?.asn).toBe(1);
  expect(refused).toEqual([
    `2.yaml:1: Cluster "a" is declared at 1.yaml:13 already; keep one of the two`,
    "2.yaml:12: ClusterSet is declared at 1.yaml:2 already; keep one of the two",
  ]);
});

it("declares a private zone and nothing else without documents", () => {
  expect(declare([]).declared).toEqual({
    meshZone: defaultMeshZone,
    pools: [],
    reserved: [],
    clusters: new Map(),
  });
});

async function watched(prepare: (directory: string) => void = () => {}, good: GoodFiles = new Map()) {
  const directory = join(mkdtempSync(join(tmpdir(), "sealane-documents-")), "documents");
  mkdirSync(directory);
  prepare(directory);
  const changes: { declaration: Declaration; good: GoodFiles }[] = [];
  const watching = await watchDirectory({
    directory,
    rereadMs: 60_000,
    good,
    onChange: (declaration, files) => changes.push({ declaration, good: files }),
  });
  onTestFinished(() => {
    watching.close();
    rmSync(join(directory, ".."), { recursive: true, force: true });
  });
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  const asn = () => watching.current.declared.clusters.get("a")?.asn;
  return { directory, watching, changes, write, asn };
}

it("hears a new file, an atomic replacement and a removal without being told", async () => {
  const { directory, write, asn } = await watched();
  write("a.yaml", clusterText("a", 1));
  await vi.waitFor(() => expect(asn()).toBe(1));
  writeFileSync(join(directory, ".a.yaml.tmp"), clusterText("a", 2));
  renameSync(join(directory, ".a.yaml.tmp"), join(directory, "a.yaml"));
  await vi.waitFor(() => expect(asn()).toBe(2));
  rmSync(join(directory, "a.yaml"));
  await vi.waitFor(() => expect(asn()).toBeUndefined());
});

it("keeps a bad file's last good content and lists the fault until it is corrected", async () => {
  const { watching, write, asn, changes } = await watched();
  write("a.yaml", clusterText("a", 1));
  write("b.yaml", clusterText("b", 7));
  await watching.reread();
  write("a.yaml", clusterText("a", 2).replace("asn: 2", "asn: two"));
  write("b.yaml", clusterText("b", 8));
  await watching.reread();
  expect(asn()).toBe(1);
  expect(watching.current.declared.clusters.get("b")?.asn).toBe(8);
  expect(watching.current.refused).toEqual([expect.stringMatching(/^a\.yaml:8: spec\.asn: /)]);
  write("a.yaml", clusterText("a", 3));
  await watching.reread();
  expect([asn(), watching.current.refused]).toEqual([3, []]);
  const before = changes.length;
  await watching.reread();
  expect(changes.length).toBe(before);
});

it("keeps last good content over a restart, and everything while the directory cannot be read", async () => {
  const first = await watched((directory) => writeFileSync(join(directory, "a.yaml"), clusterText("a", 1)));
  const good = first.changes.at(-1)?.good ?? new Map();
  const second = await watched((directory) => writeFileSync(join(directory, "a.yaml"), "kind: ["), good);
  expect(second.asn()).toBe(1);
  rmSync(second.directory, { recursive: true });
  await second.watching.reread();
  expect(second.asn()).toBe(1);
  expect(second.watching.current.refused[0]).toMatch(/cannot be read, the last good documents hold/);
});
