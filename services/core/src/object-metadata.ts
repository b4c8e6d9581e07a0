// Which labels and annotations imports can have: those that an API server takes (apimachinery's rules for qualified names
// and label values), without Sealane's own. A ServiceExport may hold any text as exported ones; one that is refused must
// not keep an import from every cluster.

import { compareText, sameValue } from "./compare.ts";
import { isSubdomain } from "./names.ts";

type Texts = Readonly<Record<string, string>>;

const namePattern = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** Whether the text is a key of a label: a name, or a DNS subdomain, a slash and a name. */
export function isLabelKey(text: string): boolean {
  const [first = "", name, ...rest] = text.split("/");
  if (name === undefined) return namePattern.test(first);
  return isSubdomain(first) && rest.length === 0 && namePattern.test(name);
}

/** Whether the text is a label's value. */
export function isLabelValue(text: string): boolean {
  return text === "" || namePattern.test(text);
}

/** Whether the key of a label or an annotation is Sealane's. */
export function isSealaneKey(key: string): boolean {
  return key.startsWith("sealane.dev/");
}

/** Whether imports have this label of Sealane, whatever is exported. */
export function isSealaneLabel(key: string): boolean {
  return isSealaneKey(key) || key === "app.kubernetes.io/managed-by";
}

/** The labels that imports can have, in the order of their keys; the same record when that is all as it stands. */
export function validLabels(labels: Texts): Texts {
  return sortedEntries(
    labels,
    ([key, value]) => isLabelKey(key) && isLabelValue(value) && !isSealaneLabel(key),
  );
}

/** The annotations that imports can have, in the order of their keys; the same record when that is all as it stands. */
export function validAnnotations(annotations: Texts): Texts {
  return sortedEntries(annotations, ([key]) => isLabelKey(key.toLowerCase()) && !isSealaneKey(key));
}

function sortedEntries(texts: Texts, isValid: (entry: readonly [string, string]) => boolean): Texts {
  const entries = Object.entries(texts)
    .filter(isValid)
    .toSorted(([a], [b]) => compareText(a, b));
  const result = Object.fromEntries(entries);
  return sameValue(Object.keys(result), Object.keys(texts)) ? texts : result;
}
