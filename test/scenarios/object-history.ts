// The versions that an object went through, and which of them said nothing new. Pure.

/** One version of an object as a watch showed it. */
export interface ObjectVersion {
  readonly event: "ADDED" | "MODIFIED" | "DELETED";
  /** What the object says: each value by its path, without what every write changes by itself. */
  readonly values: ReadonlyMap<string, string>;
}

/** A field that changed between two versions; `absent` where it was not there. */
interface Change {
  readonly path: string;
  readonly from: string;
  readonly to: string;
}

const absent = "absent";
/** Kept by the API server, or, for the time of a transition, bound to the status beside it. */
const automatic =
  /^metadata\.(?:resourceVersion|generation|managedFields|uid|creationTimestamp)\b|\.lastTransitionTime$/;

/** Every value of an object by its path; conditions by their type, other lists by place. */
export function valuesOf(object: unknown): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const walk = (value: unknown, path: string): void => {
    if (automatic.test(path)) return;
    if (Array.isArray(value)) {
      for (const [index, each] of value.entries()) walk(each, `${path}[${placeOf(each, index)}]`);
    } else if (typeof value === "object" && value !== null) {
      for (const [key, each] of Object.entries(value)) walk(each, path === "" ? key : `${path}.${key}`);
    } else {
      values.set(path, JSON.stringify(value));
    }
  };
  walk(object, "");
  return values;
}

/**
 * Why versions after the first of them were not needed, one sentence each. A version is needed when it says
 * something new and takes nothing back: no field returns to what it said before.
 */
export function unneededVersions([first, ...later]: readonly ObjectVersion[]): readonly string[] {
  const found: string[] = [];
  const said = new Map<string, Set<string>>();
  let before = first;
  for (const [path, value] of first?.values ?? []) said.set(path, new Set([value]));
  for (const version of later) {
    if (version.event === "DELETED") found.push("it was deleted");
    const changes = changesBetween(before?.values ?? new Map(), version.values);
    if (version.event === "MODIFIED" && changes.length === 0) found.push("nothing was changed");
    for (const { path, from, to } of changes) {
      const earlier = said.get(path) ?? new Set([absent]);
      if (earlier.has(to)) found.push(`${path} went from ${from} back to ${to}`);
      said.set(path, earlier.add(from).add(to));
    }
    before = version;
  }
  return found;
}

function changesBetween(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly Change[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths]
    .map((path) => ({ path, from: before.get(path) ?? absent, to: after.get(path) ?? absent }))
    .filter(({ from, to }) => from !== to);
}

function placeOf(value: unknown, index: number): string {
  const type = (value as { type?: unknown; status?: unknown } | null)?.type;
  return typeof type === "string" ? `type=${type}` : String(index);
}
