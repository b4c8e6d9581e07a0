// The rendered status of a site: conditions, quarantine, counts and findings for people and scripts. Pure; it holds no
// time but that of conditions, so its bytes change when something does.

import type { Count, Finding, RangeVerdict } from "@sealane/core";
import { parse } from "yaml";
import { objectKey, splitKey } from "../../kube/store.ts";
import type { ObjectKey } from "../../kube/store.ts";
import { parseConditions } from "../../observe/parse-service-export.ts";
import type { Condition } from "../../observe/parse-service-export.ts";
import { headLine } from "./rendered-folder.ts";
import { yamlText } from "./yaml-text.ts";

/** What the status says. */
export interface SiteStatus {
  readonly cluster: string;
  readonly incarnation: string;
  /** Whether the session to the hub is open; while it is not, the last good state stands. */
  readonly session: "connected" | "disconnected";
  /** The site's own ranges that were not admitted. */
  readonly quarantine: readonly RangeVerdict[];
  readonly exports: readonly (readonly [ObjectKey, readonly Condition[]])[];
  readonly counts: readonly Count[];
  readonly findings: readonly Finding[];
}

/** The file's text. */
export function statusText(status: SiteStatus): string {
  const { cluster, incarnation, session, quarantine, exports, counts, findings } = status;
  const value = {
    cluster,
    session,
    incarnation,
    quarantine: quarantine.map(({ admitted: _admitted, ...verdict }) => verdict),
    exports: exports.map(([key, conditions]) => ({ ...splitKey(key), conditions })),
    counts,
    findings,
  };
  return `${headLine("#")}\n${yamlText(value)}`;
}

/** Conditions of exports in a status of ours. Throws on what is none. */
export function parseStatusConditions(text: string): readonly (readonly [ObjectKey, readonly Condition[]])[] {
  const value = parse(text) as {
    exports?: { namespace: string; name: string; conditions?: unknown }[];
  } | null;
  return (value?.exports ?? []).map(({ namespace, name, conditions }, index) => [
    objectKey(namespace, name),
    parseConditions(conditions, `exports[${index}].conditions`),
  ]);
}
