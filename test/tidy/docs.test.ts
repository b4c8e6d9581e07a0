// Holds the documents true: the architecture names every folder that exists and no other, every dependency
// has its reason, every link leads somewhere.

import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { expect, test } from "vitest";
import { allFiles, read, root } from "./files.ts";

const architecture = "docs/ARCHITECTURE.md";
const reasons = "docs/design/dependencies.md";

/** Folders whose own subfolders are named one by one. */
const shelves = ["services", "agents", "deploy", "test", "docs"];

test("the architecture names every folder that exists", () => {
  const named = namedPaths(readDocument(architecture));
  expect(folders().filter((folder) => !named.has(folder))).toEqual([]);
});

test("the architecture names no folder and no file that does not exist", () => {
  const existing = new Set(allFiles().flatMap((path) => [path, ...parents(path)]));
  expect([...namedPaths(readDocument(architecture))].filter((path) => !existing.has(path))).toEqual([]);
});

test("every dependency has its reason", () => {
  const text = readDocument(reasons);
  const missing = [...dependencies()].filter(([name]) => !text.includes(`\`${name}\``));
  expect(missing).toEqual([]);
});

test("every link between documents leads to a file", () => {
  const broken = allFiles()
    .filter((path) => path.endsWith(".md"))
    .flatMap((path) => linksOf(path, read(path)))
    .filter(({ target }) => !existsSync(join(root, target)));
  expect(broken).toEqual([]);
});

test("the search for named folders reads spans, trees and links alike", () => {
  const text =
    "`services/core` and\n    agents/cluster   shell\n[x](../proto/sealane/v1/a.proto) or test/lab/, docs.";
  expect([...namedPaths(text)].toSorted()).toEqual([
    "agents/cluster",
    "proto/sealane/v1/a.proto",
    "services/core",
    "test/lab",
  ]);
});

function readDocument(path: string): string {
  if (!existsSync(join(root, path))) throw new Error(`${path} does not exist; write it`);
  return read(path);
}

/** `proto`, and every folder one level below the shelves. */
function folders(): readonly string[] {
  const below = allFiles().flatMap(parents);
  const wanted = below.filter((folder) => {
    const [shelf = "", , tooDeep] = folder.split("/");
    return tooDeep === undefined && folder.includes("/") && shelves.includes(shelf);
  });
  const top = existsSync(join(root, "proto")) ? ["proto"] : [];
  return [...new Set([...top, ...wanted])].toSorted();
}

function namedPaths(text: string): ReadonlySet<string> {
  const found = text.matchAll(
    /(?<![\w/-])(?:\.\.\/)?((?:services|agents|deploy|test|docs|proto)(?:\/[\w.-]*\w)+)/g,
  );
  const alone = text.matchAll(/(?:^|`|\s)(proto)\/?(?=`|\s|$)/gm);
  return new Set([...found, ...alone].map((match) => match[1] ?? ""));
}

function parents(path: string): readonly string[] {
  const parent = posix.dirname(path);
  return parent === "." ? [] : [parent, ...parents(parent)];
}

function dependencies(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const path of allFiles().filter((it) => posix.basename(it) === "package.json")) {
    const manifest = JSON.parse(read(path)) as Record<string, Record<string, string> | undefined>;
    for (const field of ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"]) {
      for (const name of Object.keys(manifest[field] ?? {}))
        if (!name.startsWith("@sealane/")) found.set(name, path);
    }
  }
  return found;
}

function linksOf(path: string, text: string): readonly { path: string; link: string; target: string }[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? "")
    .filter((link) => !/^(?:[a-z]+:|#)/.test(link))
    .map((link) => ({ path, link, target: posix.join(posix.dirname(path), link.replace(/#.*$/, "")) }));
}
