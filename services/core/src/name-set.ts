// Sets of names that are never changed: each function gives the next set, or the same object.

/** The set with the name. */
export function withName(names: ReadonlySet<string>, name: string): ReadonlySet<string> {
  return names.has(name) ? names : new Set([...names, name]);
}

/** The set without the name. */
export function withoutName(names: ReadonlySet<string>, name: string): ReadonlySet<string> {
  return names.has(name) ? new Set([...names].filter((it) => it !== name)) : names;
}
