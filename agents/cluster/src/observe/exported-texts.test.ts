// Exported labels and annotations that are too large to travel: they are left out, the service is not.

import {
  exportedAnnotationsBytesMax,
  exportedLabelsBytesMax,
  exportedPairBytes,
  factBytesMax,
} from "@sealane/core";
import { encodeValue } from "@sealane/wire";
import { expect, test } from "vitest";
import { exportFact, exportVerdict } from "./export-fact.ts";
import { parseServiceExport } from "./parse-service-export.ts";
import { parseService } from "./parse-service.ts";

const metadata = { namespace: "shop", name: "web", uid: "u", resourceVersion: "7" };

const ports = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ name: `port-${at}`, protocol: "TCP", port: at + 1 }));

function judged(spec: object, count = 1) {
  const serviceExport = parseServiceExport({ metadata, spec });
  const service = parseService({ metadata, spec: { clusterIP: "10.101.0.80", ports: ports(count) } });
  const fact = exportFact(serviceExport, service);
  return { fact, verdict: exportVerdict(serviceExport, service), bytes: encodeValue("export", fact).length };
}

/** Pairs that are exactly as large together; keys are short, so that there are as many as can be. */
function filled(bytesMax: number): Record<string, string> {
  const pairs = Math.floor(bytesMax / (exportedPairBytes + 8));
  const texts = Object.fromEntries(
    Array.from({ length: pairs }, (_, at) => [`a${at.toString(36)}`.padEnd(4, "-"), ""]),
  );
  const used = Object.keys(texts).reduce((sum, key) => sum + 2 * key.length + exportedPairBytes, 0);
  const first = Object.keys(texts)[0] ?? "";
  // Two bytes in one character: what counts is what travels.
  const rest = bytesMax - used;
  return { ...texts, [first]: "ä".repeat(Math.floor(rest / 2)) + "x".repeat(rest % 2) };
}

test.each([
  ["exportedAnnotations", "annotations", exportedAnnotationsBytesMax],
  ["exportedLabels", "labels", exportedLabelsBytesMax],
] as const)(
  "%s that are too large are left out whole, and their owner is told (MCS 33)",
  (field, what, max) => {
    const one = { key: "x".repeat(max - exportedPairBytes - 6) };
    expect(judged({ [field]: one }).fact[what]).toEqual(one);
    const { fact, verdict } = judged({ [field]: { key: `${one.key}x`, other: "" } });
    expect(fact[what]).toEqual({});
    expect(fact.ports).toHaveLength(1);
    expect(verdict).toEqual({
      yes: true,
      remark:
        `Exported without any ${what}: keys, counted twice, and values together have more than ${max} bytes, ` +
        `with ${exportedPairBytes} for each pair. Make them fewer or shorter.`,
    });
  },
);

test("what is left out of one set leaves the other as it is (MCS 33)", () => {
  const { fact, verdict } = judged({
    exportedLabels: { tier: "front", "no key": "x" },
    exportedAnnotations: { note: "x".repeat(300 * 1024), "a b": "x" },
  });
  expect(fact).toMatchObject({ labels: { tier: "front" }, annotations: {} });
  expect(verdict).toMatchObject({
    remark: expect.stringMatching(
      /^Exported without any annotations: .* Exported without label "no key": no/,
    ),
  });
});

test("the largest sets that are exported leave room for a thousand ports in what travels", () => {
  const labels = filled(exportedLabelsBytesMax);
  const annotations = filled(exportedAnnotationsBytesMax);
  const { fact, bytes } = judged({ exportedLabels: labels, exportedAnnotations: annotations }, 1_000);
  expect(fact).toMatchObject({ labels, annotations });
  expect(bytes).toBeLessThanOrEqual(factBytesMax);
});

test("a ServiceImport has room for the largest set of annotations and the record of all keys", () => {
  const long = (letter: string) => (_: unknown, at: number) =>
    [
      `${`${letter.repeat(63)}.`.repeat(3)}${letter.repeat(61)}/${String(at).padEnd(63, letter)}`,
      "",
    ] as const;
  const set = (letter: string, max: number) => {
    const pairs = Array.from({ length: Math.floor(max / (2 * 317 + exportedPairBytes)) }, long(letter));
    return Object.fromEntries(pairs);
  };
  const labels = set("l", exportedLabelsBytesMax);
  const annotations = set("a", exportedAnnotationsBytesMax);
  const { fact } = judged({ exportedLabels: labels, exportedAnnotations: annotations });
  expect(fact).toMatchObject({ labels, annotations });
  const record = JSON.stringify({ labels: Object.keys(labels), annotations: Object.keys(annotations) });
  const bytes = Object.entries(annotations).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  // Of the 256 KiB for all annotations of an object.
  expect(bytes + record.length).toBeLessThan(200 * 1024);
});
