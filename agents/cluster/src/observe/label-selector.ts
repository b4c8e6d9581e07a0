// Label selectors as the API server reads them: equalities, sets, existence and integer comparisons, joined by commas.
// Pure. Refuses what the API server would refuse, with the part that is wrong.

/** What one part of a selector wants of one label. */
export interface Requirement {
  readonly key: string;
  readonly operator: "in" | "notin" | "exists" | "absent" | "above" | "below";
  /** Empty for `exists` and `absent`; one whole number for `above` and `below`. */
  readonly values: readonly string[];
}

/** All of its requirements must hold; one without requirements selects everything. */
export type LabelSelector = readonly Requirement[];

/** A text that is no label selector. */
export class SelectorError extends Error {
  override readonly name = "SelectorError";
}

type Labels = Readonly<Record<string, unknown>>;

const selectorCharsMax = 4_096;
const prefixCharsMax = 253;

/**
 * Parses `tier=web,env in (a,b),!draft`; `=` and `==` mean the same (Kubernetes: Labels and Selectors).
 * @throws SelectorError
 */
export function parseLabelSelector(text: string): LabelSelector {
  if (text.trim() === "") return [];
  if (text.length > selectorCharsMax)
    throw new SelectorError(`it has ${text.length} characters; at most ${selectorCharsMax} are read`);
  return partsOf(text).map(parseRequirement);
}

/** Whether an object with these labels is selected. A label that is absent is in no set, so `!=` and `notin` hold. */
export function matchesSelector(selector: LabelSelector, labels: Labels): boolean {
  return selector.every(({ key, operator, values }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (operator === "exists") return value !== undefined;
    if (operator === "absent") return value === undefined;
    if (operator === "notin") return !values.some((each) => each === value);
    if (operator === "in") return values.some((each) => each === value);
    const number = typeof value === "string" ? wholeNumber(value) : undefined;
    const bound = wholeNumber(values[0] ?? "");
    if (number === undefined || bound === undefined) return false;
    return operator === "above" ? number > bound : number < bound;
  });
}

/** The text at commas that are in no parentheses. */
function partsOf(text: string): readonly string[] {
  return text.split(/,(?![^(]*\))/).map((part) => part.trim());
}

const setPattern = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/;
const comparisonPattern = /^([^=!<>\s]+)\s*(==|=|!=|>|<)\s*([^=!<>]*)$/;

function parseRequirement(part: string): Requirement {
  const set = setPattern.exec(part);
  if (set !== null) {
    const [, key = "", operator = "", list = ""] = set;
    const values = list.split(",").map((value) => valueOf(value.trim(), part));
    return { key: keyOf(key, part), operator: operator === "in" ? "in" : "notin", values };
  }
  const comparison = comparisonPattern.exec(part);
  if (comparison !== null) {
    const [, key = "", sign = "", given = ""] = comparison;
    const value = valueOf(given.trim(), part);
    if (sign !== ">" && sign !== "<")
      return { key: keyOf(key, part), operator: sign === "!=" ? "notin" : "in", values: [value] };
    if (wholeNumber(value) === undefined)
      throw wrong(part, `${JSON.stringify(value)} is no whole number, which "${sign}" compares with`);
    return { key: keyOf(key, part), operator: sign === ">" ? "above" : "below", values: [value] };
  }
  const absent = part.startsWith("!");
  const key = keyOf((absent ? part.slice(1) : part).trim(), part);
  return { key, operator: absent ? "absent" : "exists", values: [] };
}

const namePattern = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const prefixPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

function keyOf(key: string, part: string): string {
  const slash = key.indexOf("/");
  const prefix = key.slice(0, Math.max(0, slash));
  const isPrefix = slash < 0 || (prefix.length <= prefixCharsMax && prefixPattern.test(prefix));
  if (!isPrefix || !namePattern.test(key.slice(slash + 1)))
    throw wrong(part, `${JSON.stringify(key)} is no label key`);
  return key;
}

function valueOf(value: string, part: string): string {
  if (value !== "" && !namePattern.test(value))
    throw wrong(part, `${JSON.stringify(value)} is no label value`);
  return value;
}

function wholeNumber(text: string): bigint | undefined {
  return /^\d{1,19}$/.test(text) ? BigInt(text) : undefined;
}

function wrong(part: string, why: string): SelectorError {
  return new SelectorError(`${JSON.stringify(part)} cannot be read: ${why}`);
}
