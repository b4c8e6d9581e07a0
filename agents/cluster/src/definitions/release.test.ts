// Releases in their order, and labels that say none.

import { expect, test } from "vitest";
import { compareReleases, releaseLabelsOf, releaseOf } from "./release.ts";

const keys = releaseLabelsOf({ app: "x", "multicluster.x-k8s.io/release-version": "v0.5.2" });
const release = (text: string) => {
  const [version = "", revision = "0"] = text.split(" ");
  return { version, revision: Number(revision) };
};

test.each([
  ["v0.4.1 7", "v0.5.0 0"],
  ["v0.5.2 0", "v0.5.2 1"],
  ["v0.5.2 9", "v0.5.2 10"],
  ["v0.5.2", "v0.5.10"],
  ["v0.9.9", "v1.0.0"],
  ["v0.6.0-rc.1", "v0.6.0"],
  ["v0.6.0-alpha", "v0.6.0-alpha.1"],
  ["v0.6.0-alpha.2", "v0.6.0-alpha.10"],
  ["v0.6.0-1", "v0.6.0-alpha"],
  ["v0.6.0-alpha", "v0.6.0-beta"],
])("%s is older than %s (MCS 61)", (older, newer) => {
  expect(compareReleases(release(older), release(newer))).toBeLessThan(0);
  expect(compareReleases(release(newer), release(older))).toBeGreaterThan(0);
});

test.each([
  ["v0.5.2", "0.5.2"],
  ["v0.5.2+build.1", "v0.5.2"],
])("%s and %s are the same", (a, b) => {
  expect(compareReleases(release(a), release(b))).toBe(0);
});

test.each<[Record<string, string>, unknown]>([
  [
    { [keys.version]: "v0.5.2", [keys.revision]: "3" },
    { version: "v0.5.2", revision: 3 },
  ],
  [{}, { problem: "has no label multicluster.x-k8s.io/release-version" }],
  [{ [keys.version]: "v0.5.2" }, { problem: "has no label multicluster.x-k8s.io/crd-schema-revision" }],
  [
    { [keys.version]: "newest", [keys.revision]: "3" },
    { problem: "has the label multicluster.x-k8s.io/release-version=newest, which is no version" },
  ],
  [
    { [keys.version]: "v0.5.2", [keys.revision]: "-1" },
    { problem: "has the label multicluster.x-k8s.io/crd-schema-revision=-1, which is no number" },
  ],
])("%j says %j", (labels, said) => expect(releaseOf(labels, keys)).toEqual(said));
