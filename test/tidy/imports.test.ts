// Holds the direction of imports: core <- wire <- hub, cli, agents. The architecture is this table.

import { expect, test } from "vitest";
import { isTest, read, sourceFiles } from "./files.ts";
import { importsOf, ownerOf } from "./import-scan.ts";
import type { Import } from "./import-scan.ts";

/** What the code of each workspace may import besides itself and packages from outside. Tests may import anything. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  "services/core": [],
  "services/wire": ["services/core"],
  "services/hub": ["services/core", "services/wire"],
  "services/cli": ["services/core", "services/wire"],
  "agents/cluster": ["services/core", "services/wire"],
  "agents/speaker": ["services/core", "services/wire"],
  deploy: [
    "services/core",
    "services/wire",
    "services/hub",
    "services/cli",
    "agents/cluster",
    "agents/speaker",
    "test",
  ],
  test: [],
};

const ours = /^(?:services|agents|deploy|test)(?:\/|$)/;
const imports = sourceFiles().flatMap((path) => importsOf(path, read(path)));

test("every workspace imports only what stands below it", () => {
  const code = imports.filter((it) => ours.test(it.target) && !isTest(it.from));
  expect(code.flatMap(forbiddenDirection)).toEqual([]);
});

test("every source file belongs to a workspace that the table above names", () => {
  const owners = new Set(
    sourceFiles()
      .filter((path) => path.includes("/"))
      .map(ownerOf),
  );
  expect([...owners].filter((owner) => allowed[owner] === undefined)).toEqual([]);
});

test("generated code is imported inside services/wire alone", () => {
  const outside = imports.filter(
    (it) => it.target.includes("/generated/") && ownerOf(it.from) !== "services/wire",
  );
  expect(outside.map(describe)).toEqual([]);
});

test("workspaces meet at their index: nothing reaches into another one's files", () => {
  const deep = imports.filter((it) => {
    const crosses = ours.test(it.target) && ownerOf(it.from) !== ownerOf(it.target);
    const byPath = it.specifier.startsWith(".") || it.specifier.split("/").length > 2;
    return crosses && byPath && !isTest(it.from) && ownerOf(it.from) !== "deploy";
  });
  expect(deep.map(describe)).toEqual([]);
});

test("what tests share is imported by tests alone", () => {
  const shared = (path: string) => isTest(path) && !path.startsWith("test");
  expect(imports.filter((it) => shared(it.target) && !isTest(it.from)).map(describe)).toEqual([]);
});

test("relative imports name the file with its extension, and the file exists", () => {
  const files = new Set([...sourceFiles(), ...generatedTargets()]);
  const broken = imports.filter(
    (it) => it.specifier.startsWith(".") && it.target.endsWith(".ts") && !files.has(it.target),
  );
  const bare = imports.filter((it) => it.specifier.startsWith(".") && !/\.(?:ts|json)$/.test(it.specifier));
  expect([...broken, ...bare].map(describe)).toEqual([]);
});

test("the scanner sees every form of import, and none in a comment or a string", () => {
  const text = [
    'import a from "one";',
    'import type { B,\n  C } from "../two.ts";',
    'export * from "@sealane/core";',
    'import "three/side";',
    'const d = await import("node:four");',
    'type E = import("@scope/five/deep").E;',
    '// import x from "six";',
    '/* import y from "seven"; */',
    "const text = 'import z from \"eight\"';",
  ].join("\n");
  expect(importsOf("services/wire/src/codec/x.ts", text).map((it) => it.target)).toEqual([
    "one",
    "services/wire/src/two.ts",
    "services/core",
    "three",
    "node:four",
    "@scope/five",
  ]);
});

test("the rule refuses the hub importing an agent and core importing wire", () => {
  const wrong = importsOf("services/hub/src/x.ts", 'import { a } from "../../../agents/cluster/src/a.ts";')
    .concat(importsOf("services/core/src/x.ts", 'import { w } from "@sealane/wire";'))
    .flatMap(forbiddenDirection);
  expect(wrong).toEqual([
    "services/hub/src/x.ts imports ../../../agents/cluster/src/a.ts",
    "services/core/src/x.ts imports @sealane/wire",
  ]);
});

function forbiddenDirection(it: Import): readonly string[] {
  const [from, to] = [ownerOf(it.from), ownerOf(it.target)];
  return from === to || allowed[from]?.includes(to) === true ? [] : [describe(it)];
}

function generatedTargets(): readonly string[] {
  return imports.filter((it) => it.target.includes("/generated/")).map((it) => it.target);
}

function describe(it: Import): string {
  return `${it.from} imports ${it.specifier}`;
}
