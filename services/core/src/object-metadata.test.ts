// Labels and annotations that an API server takes, and those that it refuses the whole object for.

import { expect, test } from "vitest";
import { isLabelKey, isLabelValue, validAnnotations, validLabels } from "./object-metadata.ts";

test.each(["a", "A.b_c-1", "example.com/name", "a.b-c.d/x", "a".repeat(63), `${"a.".repeat(126)}a/x`])(
  "%s is a label's key (MCS 33)",
  (key) => {
    expect(isLabelKey(key)).toBe(true);
  },
);

test.each([
  "",
  "-a",
  "a-",
  "a b",
  "a/b/c",
  "/a",
  "a/",
  "Example.com/a",
  "a..b/c",
  "a\n",
  "ä",
  "a".repeat(64),
  `${"a.".repeat(127)}a/x`,
])("%j is no label's key (MCS 33)", (key) => {
  expect(isLabelKey(key)).toBe(false);
});

test("a value of a label is empty or like a name (MCS 33)", () => {
  expect(["", "x", "1.2_3-x", "a".repeat(63)].filter((it) => !isLabelValue(it))).toEqual([]);
  expect(["a b", "-", "x-", "a/b", "a".repeat(64)].filter(isLabelValue)).toEqual([]);
});

test("what is valid stays, sorted, and is the same object where nothing changes (MCS 33)", () => {
  const fine = { a: "1", b: "2" };
  expect(validLabels(fine)).toBe(fine);
  expect(validAnnotations(fine)).toBe(fine);
  expect(JSON.stringify(validLabels({ b: "2", "a b": "x", a: "1" }))).toBe('{"a":"1","b":"2"}');
  expect(JSON.stringify(validAnnotations({ "Example.com/A": "any text", "a b": "x" }))).toBe(
    '{"Example.com/A":"any text"}',
  );
});

test("Sealane's own keys are nobody's to export (MCS 33)", () => {
  const own = { "sealane.dev/owner": "me", "app.kubernetes.io/managed-by": "me" };
  expect(validLabels({ ...own, "app.kubernetes.io/name": "web" })).toEqual({
    "app.kubernetes.io/name": "web",
  });
  expect(validAnnotations(own)).toEqual({ "app.kubernetes.io/managed-by": "me" });
});
