// The rights that are asked for are the rights that the manifests grant: no more, no fewer.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { agentRights, rightText } from "./rights.ts";
import type { Right } from "./rights.ts";

interface Role {
  readonly kind: string;
  readonly metadata: { readonly namespace?: string };
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly resourceNames?: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

function granted(): readonly Right[] {
  const path = join(import.meta.dirname, "../../../../deploy/manifests/agent-access.yaml");
  const roles = parseAllDocuments(readFileSync(path, "utf8"))
    .map((document) => document.toJS() as Role)
    .filter(({ kind }) => kind === "ClusterRole" || kind === "Role");
  return roles.flatMap(({ metadata, rules }) =>
    rules.flatMap(({ apiGroups, resources, resourceNames = [""], verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((given) =>
          resourceNames.flatMap((name) =>
            verbs.map((verb) => {
              const [resource = "", subresource = ""] = given.split("/");
              return { verb, group, resource, subresource, namespace: metadata.namespace ?? "", name };
            }),
          ),
        ),
      ),
    ),
  );
}

test("they are what deploy/manifests/agent-access.yaml grants, each once", () => {
  const asked = agentRights("sealane-system").map(rightText);
  expect(asked.toSorted()).toEqual(granted().map(rightText).toSorted());
  expect(new Set(asked).size).toBe(asked.length);
});

test("a right reads as a person would say it", () => {
  const texts = agentRights("sealane-system").map(rightText);
  expect(texts).toContain("list nodes");
  expect(texts).toContain("patch serviceexports/status.multicluster.x-k8s.io");
  expect(texts).toContain("get configmaps coredns in kube-system");
});
