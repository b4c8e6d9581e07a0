// Which manifests a follower's label selector selects.

import type { Json } from "../../kube/door.ts";
import { matchesSelector, parseLabelSelector } from "../label-selector.ts";

/** Whether the object's labels are as the selector wants; every object is without one. @throws SelectorError */
export function isSelected(object: Json, selector: string | undefined): boolean {
  if (selector === undefined) return true;
  const { labels } = (object["metadata"] ?? {}) as { labels?: Json };
  return matchesSelector(parseLabelSelector(selector), labels ?? {});
}
