// Labels and annotations of objects of ours: which are ours to write and to take away, and which somebody else put there,
// a policy of the cluster or a person. Those stay, and cost no write. Pure.

import { isSealaneKey, isSealaneLabel } from "@sealane/core";

type Texts = Readonly<Record<string, string>>;

/** Labels and annotations. */
export interface Named {
  readonly labels: Texts;
  readonly annotations: Texts;
}

/** Which keys are ours. */
export interface OurKeys {
  readonly label: (key: string) => boolean;
  readonly annotation: (key: string) => boolean;
}

/** Labels by which kube-proxy passes a Service or a slice over: nobody puts them on ours. */
const proxyLabels: ReadonlySet<string> = new Set([
  "service.kubernetes.io/headless",
  "service.kubernetes.io/service-proxy-name",
]);

/** Keys that are ours on an object that leads somewhere, with some more labels and annotations. */
export function ourKeys(more: Partial<Record<keyof Named, readonly string[]>> = {}): OurKeys {
  const { labels = [], annotations = [] } = more;
  return {
    label: (key) => isSealaneLabel(key) || proxyLabels.has(key) || labels.includes(key),
    annotation: (key) => isSealaneKey(key) || annotations.includes(key),
  };
}

/** What an object should carry: what we want, and what is not ours of what it has. */
export function besideOthers(held: Named | undefined, wanted: Named, ours: OurKeys): Named {
  return {
    labels: { ...without(held?.labels, ours.label), ...wanted.labels },
    annotations: { ...without(held?.annotations, ours.annotation), ...wanted.annotations },
  };
}

/** Of what an object carries that which is ours. */
export function oursOf({ labels, annotations }: Named, ours: OurKeys): Named {
  return {
    labels: without(labels, (key) => !ours.label(key)),
    annotations: without(annotations, (key) => !ours.annotation(key)),
  };
}

const exportedAnnotation = "sealane.dev/exported";

/** A record of the keys that came with the export, without which nobody could tell later whose they were. */
export function exportedRecord({ labels, annotations }: Named): Texts {
  const keys = { labels: Object.keys(labels).toSorted(), annotations: Object.keys(annotations).toSorted() };
  const some = keys.labels.length + keys.annotations.length > 0;
  return some ? { [exportedAnnotation]: JSON.stringify(keys) } : {};
}

/** Keys that are ours on a ServiceImport: our marks, and what came with the export when it was written. */
export function importKeys({ annotations }: Pick<Named, "annotations">): OurKeys {
  const exported = parseRecord(annotations[exportedAnnotation]);
  return {
    label: (key) => isSealaneLabel(key) || exported.labels.has(key),
    annotation: (key) => isSealaneKey(key) || exported.annotations.has(key),
  };
}

function without(texts: Texts = {}, leaveOut: (key: string) => boolean): Texts {
  return Object.fromEntries(Object.entries(texts).filter(([key]) => !leaveOut(key)));
}

/** What somebody broke by hand says nothing: it is written anew. */
function parseRecord(text = "{}"): Record<keyof Named, ReadonlySet<unknown>> {
  const keysOf = (value: unknown): ReadonlySet<unknown> => new Set(Array.isArray(value) ? value : []);
  try {
    const record = JSON.parse(text) as Partial<Record<keyof Named, unknown>> | null;
    return { labels: keysOf(record?.labels), annotations: keysOf(record?.annotations) };
  } catch {
    return { labels: new Set(), annotations: new Set() };
  }
}
