// Rules for names that people choose, and names that we derive. A fault is a sentence that quotes the name
// and says the cure; no fault is undefined.

/** Turns text into lower-case letters and digits, the same on every machine; at least 16 of them. */
export type TextHash = (text: string) => string;

/** Cluster names that the mesh zone uses itself. */
const reservedClusterNames: readonly string[] = ["ns", "gen"];

/** The zone of merged services (KEP-1645). */
export const clustersetZone = "clusterset.local";

/** Characters of a name, its final dot left out (RFC 1035, section 2.3.4: 255 octets as it travels). */
const nameLengthMax = 253;

const labelPattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** As API servers have it: of the whole the length counts, and not of each label. */
const subdomainPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Whether the text is a label of RFC 1123: 1 to 63 of a-z, 0-9 and inner hyphens. */
export function isLabel(text: string): boolean {
  return labelPattern.test(text);
}

/** Whether the text is a subdomain of RFC 1123, as names of nodes are: labels with dots between, 253 characters at most. */
export function isSubdomain(text: string): boolean {
  return text.length <= nameLengthMax && subdomainPattern.test(text);
}

/** What is wrong with a cluster's name, or undefined. */
export function clusterNameFault(name: string): string | undefined {
  if (!isLabel(name)) {
    return `Cluster name "${name}" is not an RFC 1123 label: use 1 to 63 lower-case letters, digits and inner hyphens`;
  }
  if (reservedClusterNames.includes(name)) {
    return `Cluster name "${name}" is reserved for the mesh zone itself: choose another name`;
  }
  return undefined;
}

/** What is wrong with a DNS zone, or undefined. A zone is lower case and has no final dot. */
export function zoneFault(zone: string): string | undefined {
  const labels = zone.split(".");
  const wrong = labels.find((label) => !isLabel(label));
  if (wrong !== undefined)
    return `Zone "${zone}" holds "${wrong}", which is not an RFC 1123 label: correct it`;
  if (labels.length < 2) return `Zone "${zone}" has one label: use at least two, such as mesh.example`;
  if (zone.length > 190) return `Zone "${zone}" is longer than 190 characters: use a shorter one`;
  if (isWithin(zone, "local") && zone !== clustersetZone) {
    return `Zone "${zone}" lies in .local, which is multicast DNS's and Kubernetes' own: use another, such as mesh.example`;
  }
  return undefined;
}

/** What is wrong with the zone above all clusters' zones, or undefined. */
export function meshZoneFault(zone: string): string | undefined {
  if (zone !== clustersetZone) return zoneFault(zone);
  return `Mesh zone "${zone}" is what every cluster answers by itself: use a zone of your own, such as mesh.example`;
}

/**
 * Whether `<hostname>.<cluster>.<service>.<namespace>.svc.clusterset.local` (KEP-1645) is short enough for a name. With
 * an address for its hostname (`10-1-0-7`) it always is.
 */
export function isPodNameable(
  hostname: string,
  cluster: string,
  service: string,
  namespace: string,
): boolean {
  const name = `${hostname}.${cluster}.${service}.${namespace}.svc.${clustersetZone}`;
  return name.length <= nameLengthMax;
}

/** Whether `name` is `zone` or lies below it. */
export function isWithin(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** The zone of one cluster. */
export function clusterZone(cluster: string, meshZone: string): string {
  return `${cluster}.${meshZone}`;
}

/** Name of the selector-less Service behind a ServiceImport: `sealane-<16 characters of the hash of ns/name>`. */
export function derivedServiceName(namespace: string, name: string, hash: TextHash): string {
  return `sealane-${hash(`${namespace}/${name}`).slice(0, 16)}`;
}
