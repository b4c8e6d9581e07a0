// Holds our CustomResourceDefinitions equal to the Multi-Cluster Services API's own release, fetched from the
// Go module registry when the test runs. Descriptions are ours; everything a client can notice must be theirs.

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";

/** The release, and the checksum by which the registry's answer is known to be it. */
const release = {
  module: "sigs.k8s.io/mcs-api@v0.5.2",
  sum: "h1:N+vrRiCIb0WJ0dxbBo7VfNv2WJigOHEo4gsLXpffVs8=",
};

interface Download {
  readonly Dir: string;
  readonly Sum: string;
}

let download: Download;

beforeAll(async () => {
  const { stdout } = await promisify(execFile)("go", ["mod", "download", "-json", release.module], {
    cwd: tmpdir(),
    timeout: 120_000,
  });
  download = JSON.parse(stdout);
});

test("the registry serves the release that we compare with", () => {
  expect(download.Sum).toBe(release.sum);
});

// No difference is deliberate. One that becomes so is taken out of `comparable` here, with its reason.
describe.each(["serviceexports", "serviceimports"])("%s", (plural) => {
  test("differs from the release in nothing but descriptions", async () => {
    const ours = comparable(await readYaml(join(import.meta.dirname, `${plural}.yaml`)));
    expect(ours).toEqual(comparable(await readUpstream(plural)));
  });

  test.each([
    ["a field", '"conditions"', '"condition"'],
    ["an allowed value", '"Unknown"', '"Unsure"'],
    ["what is required", '"message",', ""],
    ["a pattern", "[A-Za-z]", "[a-z]"],
    ["a list's key", '"x-kubernetes-list-map-keys":["type"]', '"x-kubernetes-list-map-keys":["reason"]'],
    ["a printer column", '"jsonPath":".metadata', '"jsonPath":".status'],
    ["what is stored", '"storage":true', '"storage":false'],
    ["the status subresource", '"subresources":{"status":{}}', '"subresources":{}'],
  ])("would not pass with %s changed", async (_, from, to) => {
    const theirs = await readUpstream(plural);
    const text = JSON.stringify(theirs);
    expect(text).toContain(from);
    expect(comparable(JSON.parse(text.replace(from, to)))).not.toEqual(comparable(theirs));
  });
});

function readUpstream(plural: string): Promise<unknown> {
  return readYaml(join(download.Dir, `config/crd/multicluster.x-k8s.io_${plural}.yaml`));
}

async function readYaml(path: string): Promise<unknown> {
  return parse(await readFile(path, "utf8"));
}

/** The value without descriptions, with lists in one order where the API server reads them as sets. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(comparable);
    return items.every((item) => typeof item === "string") ? items.toSorted() : items;
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key, child]) => !(key === "description" && typeof child === "string"),
  );
  return Object.fromEntries(
    entries.map(([key, child]) => [key, comparable(key === "versions" ? byName(child) : child)]),
  );
}

function byName(versions: unknown): unknown {
  return Array.isArray(versions) ? versions.toSorted((a, b) => a.name.localeCompare(b.name)) : versions;
}
