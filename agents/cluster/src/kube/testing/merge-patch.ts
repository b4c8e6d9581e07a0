// JSON merge patch (RFC 7396), as the fakes apply it. For tests.

/** What the patch makes of the value: null takes a member away. */
export function mergePatch(value: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const base = typeof value === "object" && value !== null ? value : {};
  const changed = Object.entries(patch).map(
    ([key, part]) => [key, mergePatch(Reflect.get(base, key), part)] as const,
  );
  const merged = Object.fromEntries([...Object.entries(base), ...changed]);
  return Object.fromEntries(Object.entries(merged).filter(([, part]) => part !== null));
}
