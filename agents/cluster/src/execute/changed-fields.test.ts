// Paths of changed fields, as an Event names them.

import { expect, test } from "vitest";
import { changedFields } from "./changed-fields.ts";

const object = {
  metadata: { labels: { app: "web", "example.com/x": "1" } },
  spec: { ports: [{ port: 80 }], sessionAffinity: "None" },
};

test.each([
  ["nothing", object, []],
  ["a value", { ...object, spec: { ...object.spec, sessionAffinity: "ClientIP" } }, ["spec.sessionAffinity"]],
  ["a list, as a whole", { ...object, spec: { ...object.spec, ports: [] } }, ["spec.ports"]],
  ["a new field", { ...object, spec: { ...object.spec, selector: { app: "x" } } }, ["spec.selector"]],
  [
    "a key that is no identifier",
    { ...object, metadata: { labels: { app: "web" } } },
    ['metadata.labels["example.com/x"]'],
  ],
])("%s", (_, after, want) => {
  expect(changedFields(object, after)).toEqual(want);
});

test("names no more than a person reads", () => {
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`f${n}`, n]));
  expect(changedFields({}, many)).toHaveLength(5);
});
