// Which fields of an object differ, as paths that people know from kubectl. Pure.

import { sameValue } from "@sealane/core";
import type { Json } from "../kube/door.ts";

const fieldsMax = 5;

/** Paths of what differs, at most five: `spec.ports`, `metadata.labels["a/b"]`, `endpoints`. Lists are taken as a whole. */
export function changedFields(before: Json, after: Json): readonly string[] {
  return [...differences(before, after, "")].slice(0, fieldsMax);
}

function* differences(before: Json, after: Json, path: string): Generator<string, undefined> {
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[key], after[key]];
    if (sameValue(was, is)) continue;
    const here = step(path, key);
    if (isMap(was) && isMap(is)) yield* differences(was, is, here);
    else yield here;
  }
}

function step(path: string, key: string): string {
  if (!/^[A-Za-z]\w*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

function isMap(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
