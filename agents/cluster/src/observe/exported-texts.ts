// Which labels and annotations of a ServiceExport are exported, and what its owner is told of the rest. Pure. A set that
// is too large is left out whole: a part of it could mean something else than all of it.

import {
  exportedAnnotationsBytesMax,
  exportedLabelsBytesMax,
  exportedPairBytes,
  validAnnotations,
  validLabels,
} from "@sealane/core";
import type { ServiceExport } from "./parse-service-export.ts";

type Texts = Readonly<Record<string, string>>;

/** Labels and annotations as they are exported; what no object can have is still in them, for it counts in conflicts. */
export function exportedTexts({ exportedLabels, exportedAnnotations }: ServiceExport): {
  readonly labels: Texts;
  readonly annotations: Texts;
} {
  return {
    labels: isTooLarge(exportedLabels, exportedLabelsBytesMax) ? {} : exportedLabels,
    annotations: isTooLarge(exportedAnnotations, exportedAnnotationsBytesMax) ? {} : exportedAnnotations,
  };
}

/** What imports go without, because it is too large or no object can have it; empty when nothing. */
export function leftOutRemark(serviceExport: ServiceExport): string {
  const { exportedLabels, exportedAnnotations } = serviceExport;
  const { labels, annotations } = exportedTexts(serviceExport);
  return [
    tooLargeRemark("labels", exportedLabels, exportedLabelsBytesMax),
    tooLargeRemark("annotations", exportedAnnotations, exportedAnnotationsBytesMax),
    invalidRemark(labels, annotations),
  ]
    .filter((remark) => remark !== "")
    .join(" ");
}

function tooLargeRemark(what: "labels" | "annotations", texts: Texts, bytesMax: number): string {
  if (!isTooLarge(texts, bytesMax)) return "";
  return (
    `Exported without any ${what}: keys and values together have more than ${bytesMax} bytes, with ` +
    `${exportedPairBytes} for each pair. Make them fewer or shorter.`
  );
}

function invalidRemark(labels: Texts, annotations: Texts): string {
  const leftOut = (given: Texts, valid: Texts): readonly string[] =>
    Object.keys(given).filter((key) => !Object.hasOwn(valid, key));
  const parts = [
    ...leftOut(labels, validLabels(labels)).map((key) => `label ${JSON.stringify(key)}`),
    ...leftOut(annotations, validAnnotations(annotations)).map((key) => `annotation ${JSON.stringify(key)}`),
  ];
  if (parts.length === 0) return "";
  return `Exported without ${parts.join(", ")}: no object can have it so. Correct its key or value, or remove it.`;
}

function isTooLarge(texts: Texts, bytesMax: number): boolean {
  let bytes = 0;
  for (const [key, value] of Object.entries(texts))
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value) + exportedPairBytes;
  return bytes > bytesMax;
}
