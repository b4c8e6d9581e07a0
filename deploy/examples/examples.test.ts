// The examples are what the hub accepts.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { declare } from "../../services/hub/src/documents/declare.ts";
import { parseFile } from "../../services/hub/src/documents/parse.ts";

test("the hub takes every document", () => {
  const folder = join(import.meta.dirname, "hub");
  const parsed = readdirSync(folder).map((name) => parseFile(name, readFileSync(join(folder, name), "utf8")));
  expect(parsed.flatMap(({ faults = [] }) => faults)).toEqual([]);
  const { declared, refused } = declare(parsed.flatMap(({ documents = [] }) => documents));
  expect(refused).toEqual([]);
  expect(declared.meshZone).toBe("mesh.example");
  expect([...declared.clusters.keys()]).toEqual(["fra1", "ams1"]);
});

test("the Job of the definitions may read, make and update those that are shipped, and delete none", () => {
  const text = readFileSync(join(import.meta.dirname, "definitions.yaml"), "utf8");
  const objects = parseAllDocuments(text).map((document) => document.toJS());
  const { rules } = objects.find(({ kind }) => kind === "ClusterRole");
  const shipped = readdirSync(join(import.meta.dirname, "../crds"))
    .filter((name) => name.endsWith(".yaml") && name !== "kustomization.yaml")
    .map((name) => parse(readFileSync(join(import.meta.dirname, "../crds", name), "utf8")).metadata.name);
  expect(rules.map(({ verbs, resourceNames }: any) => [verbs, resourceNames])).toEqual([
    [["get", "update"], shipped.toSorted()],
    [["create"], undefined],
  ]);
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));
  const { containers, serviceAccountName } = objects.find(({ kind }) => kind === "Job").spec.template.spec;
  expect([containers[0].image, serviceAccountName]).toEqual([`sealane:${version}`, "sealane-definitions"]);
});

test("the preflight runs this version, with the speaker's place on the node and no more rights", () => {
  const daemonSet = (path: string) => {
    const text = readFileSync(join(import.meta.dirname, path), "utf8");
    return parseAllDocuments(text)
      .map((document) => document.toJS())
      .find(({ kind }) => kind === "DaemonSet").spec.template.spec;
  };
  const [preflight, speaker] = [daemonSet("preflight.yaml"), daemonSet("../manifests/speaker.yaml")];
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));
  const [check] = preflight.containers;
  expect(check.image).toBe(`sealane:${version}`);
  expect(check.securityContext).toEqual(speaker.containers[0].securityContext);
  expect(preflight.hostNetwork).toBe(speaker.hostNetwork);
  expect(speaker.containers[0].args).toContain(check.args[0]);
});
