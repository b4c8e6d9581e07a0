// Which labels and annotations of a ServiceExport are exported, and what its owner is told of the rest. Pure. A set that
// is too large is left out whole: a part of it could mean something else than all of it.

import {
  exportedAnnotationsBytesMax,
  exportedLabelsBytesMax,
  exportedPairBytes,
  isSealaneKey,
  isSealaneLabel,
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

/** What imports go without: what is too large, what no object can have, and what is Sealane's; empty when nothing. */
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
    `Exported without any ${what}: keys, counted twice, and values together have more than ${bytesMax} bytes, with ` +
    `${exportedPairBytes} for each pair. Make them fewer or shorter.`
  );
}

/** What no object can have, and what is Sealane's. */
function invalidRemark(labels: Texts, annotations: Texts): string {
  const leftOut = (what: string, given: Texts, valid: Texts, isOwn: (key: string) => boolean) =>
    Object.keys(given)
      .filter((key) => !Object.hasOwn(valid, key))
      .map((key) => ({ text: `${what} ${JSON.stringify(key)}`, own: isOwn(key) }));
  const all = [
    ...leftOut("label", labels, validLabels(labels), isSealaneLabel),
    ...leftOut("annotation", annotations, validAnnotations(annotations), isSealaneKey),
  ];
  const sentence = (own: boolean, why: string): string => {
    const texts = all.filter((each) => each.own === own).map(({ text }) => text);
    return texts.length === 0 ? "" : `Exported without ${texts.join(", ")}: ${why}`;
  };
  const sentences = [
    sentence(false, "no object can have it so. Correct its key or value, or remove it."),
    sentence(true, "Sealane marks imports with it itself. Remove it, or choose another key."),
  ];
  return sentences.filter((each) => each !== "").join(" ");
}

/** Keys count twice: a ServiceImport has them once more, in the record of what came with the export. */
function isTooLarge(texts: Texts, bytesMax: number): boolean {
  let bytes = 0;
  for (const [key, value] of Object.entries(texts))
    bytes += 2 * Buffer.byteLength(key) + Buffer.byteLength(value) + exportedPairBytes;
  return bytes > bytesMax;
}
