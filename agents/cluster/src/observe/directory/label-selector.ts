// Label selectors of equalities and inequalities, as the API server reads them. Nothing else is understood.

import type { Json } from "../../kube/door.ts";

/** Whether the object's labels are as the selector (`a=b,c!=d`) wants; every object is without one. */
export function isSelected(object: Json, selector: string | undefined): boolean {
  const { labels = {} } = (object["metadata"] ?? {}) as { labels?: Json };
  return (selector ?? "").split(",").every((term) => {
    if (term === "") return true;
    const [key = "", value] = term.includes("!=") ? term.split("!=") : term.split("=");
    return term.includes("!=") ? labels[key] !== value : labels[key] === value;
  });
}
