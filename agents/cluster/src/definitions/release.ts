// Which release of its API a definition is: read from its labels, and compared. Pure.

/** A release, and how often its schema was changed in it. */
export interface Release {
  /** Semantic version with a leading `v`: `v0.5.2`. */
  readonly version: string;
  readonly revision: number;
}

/** The labels that say it; the Multi-Cluster Services API has them so that no installer replaces what is newer. */
export interface ReleaseLabels {
  readonly version: string;
  readonly revision: string;
}

const versionSuffix = "/release-version";
const pattern = /^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

/** By which labels a definition of ours says its release. @throws Error when it says none. */
export function releaseLabelsOf(labels: Readonly<Record<string, string>>): ReleaseLabels {
  const version = Object.keys(labels).find((key) => key.endsWith(versionSuffix));
  if (version === undefined) throw new Error(`The definition has no label that ends in ${versionSuffix}`);
  return { version, revision: `${version.slice(0, -versionSuffix.length)}/crd-schema-revision` };
}

/** What the labels say, or what is wrong with them. */
export function releaseOf(
  labels: Readonly<Record<string, string>>,
  keys: ReleaseLabels,
): Release | { readonly problem: string } {
  const version = labels[keys.version];
  const revision = labels[keys.revision];
  if (version === undefined) return { problem: `has no label ${keys.version}` };
  if (!pattern.test(version))
    return { problem: `has the label ${keys.version}=${version}, which is no version` };
  if (revision === undefined) return { problem: `has no label ${keys.revision}` };
  if (!/^\d{1,9}$/.test(revision))
    return { problem: `has the label ${keys.revision}=${revision}, which is no number` };
  return { version, revision: Number(revision) };
}

/** Negative when `a` is older than `b`: by version as semver.org 2.0.0 section 11 orders them, then by revision. */
export function compareReleases(a: Release, b: Release): number {
  return compareVersions(a.version, b.version) || a.revision - b.revision;
}

/** `v0.5.2 revision 0`. */
export function releaseText({ version, revision }: Release): string {
  return `${version} revision ${revision}`;
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (const [at, number] of left.numbers.entries()) {
    const other = right.numbers[at] ?? 0;
    if (number !== other) return number - other;
  }
  // What leads to a release is older than it.
  if (left.before.length === 0 || right.before.length === 0) return right.before.length - left.before.length;
  return compareIdentifiers(left.before, right.before);
}

function compareIdentifiers(left: readonly string[], right: readonly string[]): number {
  for (const [at, identifier] of left.entries()) {
    const other = right[at];
    if (other === undefined) return 1;
    if (identifier === other) continue;
    const [isNumber, isOtherNumber] = [/^\d+$/.test(identifier), /^\d+$/.test(other)];
    if (isNumber && isOtherNumber) return Number(identifier) - Number(other);
    if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
    return identifier < other ? -1 : 1;
  }
  return left.length - right.length;
}

function partsOf(version: string): {
  readonly numbers: readonly number[];
  readonly before: readonly string[];
} {
  const [, major, minor, patch, before] = pattern.exec(version) ?? [];
  return { numbers: [major, minor, patch].map(Number), before: before?.split(".") ?? [] };
}
