// Which files make the image, and which do not.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isProgramFile, isRuntimeFile, productionPackages, workspaceLinks } from "./contents.ts";
import type { LockFile } from "./contents.ts";

const lock: LockFile = {
  packages: {
    "": {},
    "services/hub": {},
    "services/hub/node_modules/pino": { version: "9.0.0" },
    "node_modules/@sealane/hub": { link: true, resolved: "services/hub" },
    "node_modules/@sealane/test": { link: true, resolved: "test" },
    "node_modules/vitest": { dev: true },
    "node_modules/pino": { version: "10.0.0" },
    "node_modules/a/node_modules/b": {},
    "test/node_modules/c": {},
  },
};

describe("productionPackages", () => {
  test("takes what is not for development, nested ones too, in order", () => {
    expect(productionPackages(lock)).toEqual([
      "node_modules/a/node_modules/b",
      "node_modules/pino",
      "services/hub/node_modules/pino",
    ]);
  });

  test("takes all that this repository's workspaces depend on", () => {
    const ours: LockFile = JSON.parse(
      readFileSync(join(import.meta.dirname, "../../package-lock.json"), "utf8"),
    );
    const packages = productionPackages(ours);
    for (const workspace of workspaceLinks(ours).values()) {
      const { dependencies = {} } = JSON.parse(
        readFileSync(join(import.meta.dirname, "../..", workspace, "package.json"), "utf8"),
      );
      const missing = Object.keys(dependencies).filter(
        (name) => !name.startsWith("@sealane/") && !packages.includes(`node_modules/${name}`),
      );
      expect([workspace, missing]).toEqual([workspace, []]);
    }
  });
});

test("workspaceLinks leads to the folders of services and agents alone", () => {
  expect([...workspaceLinks(lock)]).toEqual([["node_modules/@sealane/hub", "services/hub"]]);
});

test.each([
  ["dist/index.js", true],
  ["dist/index.d.ts", false],
  ["dist/index.d.mts", false],
  ["dist/index.js.map", false],
  ["node_modules/inner/index.js", false],
  ["package.json", true],
])("isRuntimeFile(%j) is %j", (path, want) => expect(isRuntimeFile(path)).toBe(want));

test.each([
  ["services/hub/src/main.ts", true],
  ["services/hub/src/store/store.test.ts", false],
  ["services/hub/package.json", true],
  ["agents/cluster/src/dns/golden/a.conf", false],
  ["services/hub/node_modules/x/index.js", false],
  ["proto/sealane/v1/join.proto", false],
  ["test/lab/main.ts", false],
  ["deploy/crds/serviceimports.yaml", true],
  ["deploy/crds/kustomization.yaml", false],
  ["deploy/crds/upstream.lab.test.ts", false],
  ["deploy/manifests/agent.yaml", false],
  ["package-lock.json", false],
])("isProgramFile(%j) is %j", (path, want) => expect(isProgramFile(path)).toBe(want));
