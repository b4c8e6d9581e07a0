// Who may write the Multi-Cluster Services API's kinds once deploy/ is applied: the agent its imports, and nobody gets
// a right with it that an administrator did not give. It asks no API server.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface Role {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly rules?: readonly Rule[];
  readonly aggregationRule?: unknown;
}

interface Binding extends Role {
  readonly roleRef: { readonly name: string };
  readonly subjects: readonly { readonly kind: string; readonly name: string }[];
}

const files = [import.meta.dirname, join(import.meta.dirname, "../crds")].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => join(folder, name)),
);
const objects = files.flatMap((path) =>
  parseAllDocuments(readFileSync(path, "utf8")).map((it) => it.toJS() as unknown),
);
const ofKind = (kind: RegExp): readonly unknown[] =>
  objects.filter((it) => kind.test((it as Partial<Role> | null)?.kind ?? ""));

const roles = ofKind(/^(?:Cluster)?Role$/) as readonly Role[];
const bindings = ofKind(/^(?:Cluster)?RoleBinding$/) as readonly Binding[];
const writes = ["create", "update", "patch", "delete", "deletecollection"];

/** Roles with a right to write the resource of the API's group. */
function writersOf(resource: string): readonly string[] {
  return roles
    .filter(({ rules = [] }) =>
      rules.some(
        ({ apiGroups, resources, verbs }) =>
          apiGroups.includes("multicluster.x-k8s.io") &&
          resources.includes(resource) &&
          verbs.some((verb) => writes.includes(verb)),
      ),
    )
    .map(({ metadata }) => metadata.name);
}

test("only the agent may write ServiceImports (MCS 18)", () => {
  expect(writersOf("serviceimports")).toEqual(["sealane-agent"]);
  expect(writersOf("serviceimports/status")).toEqual(["sealane-agent"]);
  const bound = bindings.filter(({ roleRef }) => roleRef.name === "sealane-agent");
  expect(bound.length).toBeGreaterThan(0);
  for (const { subjects } of bound) {
    expect(subjects).toEqual([
      { kind: "ServiceAccount", name: "sealane-agent", namespace: "sealane-system" },
    ]);
  }
});

test("no role of people grows: who may export is for an administrator to say (MCS 15, 18)", () => {
  expect(roles.length).toBeGreaterThan(3);
  const grown = roles.filter(
    ({ metadata, aggregationRule }) =>
      aggregationRule !== undefined ||
      Object.keys(metadata.labels ?? {}).some((label) => label.startsWith("rbac.authorization.k8s.io/")),
  );
  expect(grown.map(({ metadata }) => metadata.name)).toEqual([]);
  const subjects = bindings.flatMap((binding) => binding.subjects);
  expect(subjects.filter(({ kind }) => kind !== "ServiceAccount")).toEqual([]);
});
