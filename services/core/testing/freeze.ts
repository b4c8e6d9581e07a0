// Freezes a value with everything in it, Maps and Sets too, so that a test fails where anything is mutated.

const frozen = new WeakSet<object>();

/** The value itself, frozen deeply. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || frozen.has(value)) return value;
  frozen.add(value);
  if (value instanceof Map) {
    for (const [key, item] of value) deepFreeze([key, item]);
    refuse(value, ["set", "delete", "clear"]);
  } else if (value instanceof Set) {
    for (const item of value) deepFreeze(item);
    refuse(value, ["add", "delete", "clear"]);
  }
  for (const key of Reflect.ownKeys(value)) deepFreeze(Reflect.get(value, key));
  return Object.freeze(value);
}

function refuse(target: object, methods: readonly string[]): void {
  for (const method of methods) {
    Object.defineProperty(target, method, {
      value: () => {
        throw new Error(`Cannot ${method}: the value is part of a frozen world`);
      },
    });
  }
}
