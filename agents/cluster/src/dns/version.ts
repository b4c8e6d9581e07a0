// Versions of CoreDNS, which refuses a whole Corefile for one option that it does not know. An unknown
// version is older than every other.

/** `[major, minor, patch]`. */
export type Version = readonly [number, number, number];

/** The version in an image's tag, such as `registry.k8s.io/coredns/coredns:v1.14.7`; undefined for digests and forks' own tags. */
export function versionOfImage(image: string): Version | undefined {
  const [reference = ""] = image.split("@");
  const found = /:v?(\d+)\.(\d+)\.(\d+)(?:[-+_].*)?$/.exec(reference);
  if (found === null) return undefined;
  return [Number(found[1]), Number(found[2]), Number(found[3])];
}

/** Whether a version, when known, is at least another. */
export function isAtLeast(version: Version | undefined, least: Version): boolean {
  if (version === undefined) return false;
  for (const [index, part] of version.entries()) {
    const other = least[index] ?? 0;
    if (part !== other) return part > other;
  }
  return true;
}
