// What marks an object as ours. Whatever lacks the mark is somebody else's and is never touched.

/** Name under which the agent writes fields. */
export const fieldManager = "sealane-agent";

/** On every object that we write; reflectors of own objects select by it. */
export const ownedLabels: Readonly<Record<string, string>> = { "app.kubernetes.io/managed-by": "sealane" };

/** On every object that we write. */
export const ownedAnnotations: Readonly<Record<string, string>> = { "sealane.dev/owner": fieldManager };

/** Selector of our objects. */
export const ownedSelector = "app.kubernetes.io/managed-by=sealane";

/** Whether an object is ours: by either mark, so that removing one by hand does not orphan it. */
export function isOwned(object: {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}): boolean {
  return (
    object.annotations["sealane.dev/owner"] === fieldManager ||
    object.labels["sealane.dev/owner"] === fieldManager ||
    object.labels["app.kubernetes.io/managed-by"] === "sealane"
  );
}
