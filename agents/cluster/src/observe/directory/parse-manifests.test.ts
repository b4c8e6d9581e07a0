// A file of manifests is taken whole, in every form in which people have them, or refused with the line of each fault.

import { expect, test } from "vitest";
import { parseManifests } from "./parse-manifests.ts";

const service = (name: string) => `apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: shop
spec:
  clusterIPs: [10.96.0.7]
  ports:
    - port: 80
`;

const titles = (text: string): readonly string[] =>
  (parseManifests("x.yaml", text).manifests ?? []).map(({ object, line }) => {
    const { name } = object["metadata"] as { name: string };
    return `${String(object["kind"])} ${name} at ${line}`;
  });

const indented = (text: string): string =>
  text
    .trimEnd()
    .split("\n")
    .map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`))
    .join("\n");

test.each([
  ["one document", service("web"), ["Service web at 1"]],
  [
    "several, with a comment and an empty one",
    `# ours\n${service("a")}---\n---\n${service("b")}`,
    ["Service a at 2", "Service b at 13"],
  ],
  [
    "a list as kubectl get -o yaml writes it",
    `apiVersion: v1\nitems:\n${indented(service("a"))}\n${indented(service("b"))}\nkind: List\nmetadata:\n  resourceVersion: ""\n`,
    ["Service a at 3", "Service b at 12"],
  ],
  [
    "a typed list, whose items do not say what they are",
    "apiVersion: v1\nkind: NamespaceList\nitems:\n  - metadata: { name: shop }\n",
    ["Namespace shop at 4"],
  ],
  [
    "objects of other kinds beside ours",
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\n---\n${service("web")}`,
    ["Service web at 5"],
  ],
  ["only objects of other kinds", "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\n", []],
  [
    "JSON, which is YAML",
    '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}}',
    ["Namespace shop at 1"],
  ],
])("takes %s", (_, text, want) => {
  expect(parseManifests("x.yaml", text).faults).toBeUndefined();
  expect(titles(text)).toEqual(want);
});

test.each([
  ["nothing", "", [/^x\.yaml:1: there is no document in it; delete the file/]],
  ["an unfinished list", "kind: [Service\n", [/^x\.yaml:\d: /]],
  ["a key said twice", `${service("a")}kind: Service\n`, [/^x\.yaml:10: Map keys must be unique/]],
  ["a list that is no object", "- kind: Service\n", [/^x\.yaml:1: this is no object/]],
  ["no kind", "\nmetadata: { name: x }\n", [/^x\.yaml:2: there is no kind/]],
  [
    "another version of a kind",
    "apiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceExport\nmetadata: { name: web, namespace: shop }\n",
    [/^x\.yaml:1: ServiceExport of "multicluster\.x-k8s\.io\/v1alpha1" is not read; write it as .*v1beta1$/],
  ],
  [
    "a namespaced object without a namespace",
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n",
    [/^x\.yaml:3: Service "web" is in no namespace; write metadata\.namespace$/],
  ],
  [
    "a wrong field in the second document, at its own line",
    `${service("a")}---\n${service("b").replace("10.96.0.7", "10.96.0.700")}`,
    [/^x\.yaml:17: Cannot read Service shop\/b: spec\.clusterIPs\[0\]: .*"10\.96\.0\.700"/],
  ],
  [
    "every fault at once, in order",
    `kind: 7\n---\n${service("a").replace("port: 80", "port: eighty")}---\n- 1\n`,
    [
      /^x\.yaml:1: /,
      /^x\.yaml:11: .*spec\.ports\[0\]\.port must be a whole number, not "eighty"/,
      /^x\.yaml:13: /,
    ],
  ],
  [
    "a fault inside a list, at the item's line",
    `kind: List\napiVersion: v1\nitems:\n${indented(service("a"))}\n${indented(service("b").replace("shop", "7"))}\n`,
    [/^x\.yaml:17: Cannot read Service b: metadata\.namespace must be a string, not 7$/],
  ],
])("refuses %s", (_, text, want) => {
  const { manifests, faults = [] } = parseManifests("x.yaml", text);
  expect(manifests).toBeUndefined();
  expect(faults).toEqual(want.map((pattern) => expect.stringMatching(pattern) as unknown));
});
