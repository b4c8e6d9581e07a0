// The file of an import: the manifests that a cluster would have, the same for every reader of YAML, and back again.

import type { DesiredImport } from "@sealane/core";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { mergedService } from "../testing/test-view.ts";
import { emptyImportFile, importFileText, parseImportFile } from "./import-file.ts";
import type { ImportFile } from "./import-file.ts";

const desired = (over = {}): DesiredImport => ({
  namespace: "shop",
  name: "web",
  service: mergedService(over),
  ports: [{ name: "http", protocol: "TCP", port: 80, appProtocol: "" }],
});

const file: ImportFile = {
  families: ["IPv4"],
  addresses: ["10.200.0.7"],
  slices: [
    {
      name: "sealane-x-no-ipv4-1",
      // A cluster may have this name, and YAML 1.1 reads it as false.
      cluster: "no",
      addressType: "IPv4",
      ports: [{ name: "http", protocol: "TCP", port: 8080, appProtocol: "" }],
      endpoints: [
        { address: "10.1.0.1", ready: true, serving: true, terminating: false, hostname: "on", zone: "1e3" },
      ],
    },
  ],
  conditions: [
    {
      type: "Ready",
      status: "True",
      reason: "Ready",
      message: "",
      observedGeneration: 0,
      lastTransitionTime: "2026-01-01T00:00:00Z",
    },
  ],
};

test("as its golden", async () => {
  await expect(importFileText(desired(), file)).toMatchFileSnapshot("golden/import.yaml");
});

test("reads back as it was written", () => {
  expect(parseImportFile(importFileText(desired(), file))).toEqual(file);
  expect(parseImportFile(importFileText(desired({ type: "Headless" }), emptyImportFile))).toEqual(
    emptyImportFile,
  );
});

test("says the same in YAML 1.1 and 1.2", () => {
  const text = importFileText(desired({ labels: { tier: "yes" }, exporters: [] }), file);
  const read = (version: "1.1" | "1.2") =>
    parseAllDocuments(text, { version }).map((each) =>
      "contents" in each ? (each.toJS() as unknown) : undefined,
    );
  expect(read("1.1")).toEqual(read("1.2"));
});

test("without a range there is no address, and whoever applies it gives one", () => {
  const text = importFileText(desired(), { ...file, addresses: [] });
  expect(text).toContain("kind: Service\n");
  expect(text).not.toMatch(/clusterIP|\bips:/);
});
