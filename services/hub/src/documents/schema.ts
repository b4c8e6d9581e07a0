// The shape of the documents that people write, version v1alpha1. Owns form alone: whether two documents
// contradict each other is for declare.ts, and what a name or prefix may be is the core's rule.

import {
  clusterNameFault,
  forbiddenAs,
  formatPrefix,
  isLabel,
  parsePrefix,
  meshZoneFault,
} from "@sealane/core";
import { z } from "zod";

/** The only version there is. */
export const apiVersion = "sealane.dev/v1alpha1";

/** Text that a rule finds no fault with. */
const textWithout = (faultOf: (text: string) => string | undefined) =>
  z.string().superRefine((text, context) => {
    const message = faultOf(text);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });

const label = textWithout((text) =>
  isLabel(text)
    ? undefined
    : `"${text}" is not an RFC 1123 label: use 1 to 63 lower-case letters, digits and inner hyphens`,
);
const prefix = textWithout(prefixFault);
const version = z.literal(apiVersion, { error: `must be ${apiVersion}` });
const pool = z.strictObject({ kind: z.enum(["pod", "service", "node", "loadBalancer"]), prefix });

/** What holds for the whole set. At most one. */
export const clusterSetSchema = z.strictObject({
  apiVersion: version,
  kind: z.literal("ClusterSet"),
  metadata: z.strictObject({ name: label }),
  spec: z.strictObject({
    meshZone: textWithout(meshZoneFault),
    pools: z.array(pool).max(64).default([]),
    reserved: z.array(prefix).max(4096).default([]),
  }),
});

/** What holds for one cluster. */
export const clusterSchema = z.strictObject({
  apiVersion: version,
  kind: z.literal("Cluster"),
  metadata: z.strictObject({ name: textWithout(clusterNameFault) }),
  spec: z.strictObject({
    claims: z.array(prefix).max(4096).optional(),
    exportNamespaces: z.array(label).max(4096).optional(),
    asn: z.int().min(1).max(4_294_967_294).optional(),
    topology: z
      .literal("l2", { error: "must be l2: clusters on one shared segment are what this version routes" })
      .optional(),
  }),
});

/** A ClusterSet document. */
export type ClusterSetDocument = z.infer<typeof clusterSetSchema>;
/** Any document. */
export type Document = ClusterSetDocument | z.infer<typeof clusterSchema>;

/** What is wrong with a prefix, or undefined. People must write the canonical form, so that text can be compared. */
function prefixFault(text: string): string | undefined {
  try {
    const parsed = parsePrefix(text);
    const canonical = formatPrefix(parsed);
    if (canonical !== text) return `Prefix "${text}" is not canonical: write "${canonical}"`;
    const forbidden = forbiddenAs(parsed);
    return forbidden && `Prefix "${text}" is ${forbidden}, which no cluster can hold: remove it`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
