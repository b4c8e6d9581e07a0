// The two properties in every state that they may be found in, and what a member does about it (KEP-2149).

import { expect, test } from "vitest";
import { planProperties } from "./plan.ts";
import type { PropertyStep } from "./plan.ts";
import type { ClusterProperty } from "./property.ts";
import { clusterProperty, setProperty } from "./property.ts";

const wanted = { cluster: "fra1", set: "mesh.example" };

/** `fra1` is ours, `fra1!` is somebody else's, nothing is absent. */
function property(name: string, text: string): readonly ClusterProperty[] {
  if (text === "") return [];
  const value = text.replace("!", "");
  return [{ namespace: "", name, uid: "u", resourceVersion: "1", value, owned: value === text }];
}

function stepText(step: PropertyStep): string {
  const name = step.do === "create" ? step.name : step.held.name;
  const short = name === setProperty ? "set" : "cluster";
  return step.do === "delete" ? `delete ${short}` : `${step.do} ${short}=${step.value}`;
}

const create = "create set=mesh.example";

test.each<[cluster: string, set: string, steps: readonly string[]]>([
  ["", "", ["create cluster=fra1", create]],
  ["fra1", "", [create]],
  ["fra1", "mesh.example", []],
  ["fra1!", "", [create]],
  ["fra1!", "mesh.example", []],
  ["fra1!", "mesh.example!", []],
  ["", "mesh.example", ["delete set", "create cluster=fra1", create]],
  ["", "mesh.example!", ["create cluster=fra1"]],
  ["old", "mesh.example", ["delete set", "update cluster=fra1", create]],
  ["old", "other.example", ["delete set", "update cluster=fra1", create]],
  ["fra1", "other.example", ["delete set", create]],
  ["fra1!", "other.example", ["delete set", create]],
])("cluster %j and set %j: %j (MCS 3)", (cluster, set, steps) => {
  const held = [...property(clusterProperty, cluster), ...property(setProperty, set)];
  const plan = planProperties(wanted, held);
  expect(plan.steps.map(stepText)).toEqual(steps);
  expect(plan.findings).toEqual([]);
});

test.each<[cluster: string, set: string, steps: readonly string[], said: RegExp]>([
  ["other!", "", [], /cluster\.clusterset\.k8s\.io: it says "other".*this cluster is "fra1".*kubectl delete/],
  ["other!", "mesh.example", ["delete set"], /so clusterset\.k8s\.io is not written/],
  [
    "fra1",
    "other.example!",
    [],
    /clusterset\.k8s\.io: it says "other\.example".*this mesh is "mesh\.example"/,
  ],
  ["", "other.example!", [], /a cluster says one set only/],
  ["other!", "other.example!", [], /a cluster says one set only/],
])(
  "what somebody else said, %j and %j, is never written over, and is told (MCS 3)",
  (cluster, set, steps, said) => {
    const held = [...property(clusterProperty, cluster), ...property(setProperty, set)];
    const plan = planProperties(wanted, held);
    expect(plan.steps.map(stepText)).toEqual(steps);
    expect(plan.findings).toHaveLength(1);
    const [{ subject, reason, message } = { subject: "", reason: "", message: "" }] = plan.findings;
    expect(reason).toBe("ObjectNotOurs");
    expect(`${subject}: ${message}`).toMatch(said);
  },
);
