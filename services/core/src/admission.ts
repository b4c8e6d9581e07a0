// What an admission lets through: of everything that a cluster reports, only what lies in ranges that it
// holds. A quarantined range counts as not held, so nothing of it is ever published.

import { readAddress } from "./address.ts";
import { sameValue } from "./compare.ts";
import type { NodeFact, RangeKind, ReachFact, ReachGroup } from "./facts.ts";
import { parsePrefix, readPrefix } from "./prefix.ts";
import { longestMatch, longestMatchOf, prefixTable } from "./prefix-table.ts";
import type { RangeVerdict } from "./published.ts";
import type { Admission } from "./world.ts";

/** Kinds that hold a Service's own addresses. */
export const serviceKinds: readonly RangeKind[] = ["service", "loadBalancer"];

/** Kinds that hold pods; those on the host's network have their node's address. */
const podKinds: readonly RangeKind[] = ["pod", "node"];

/** The admission of a cluster that holds nothing yet. */
export const nothingAdmitted: Admission = { verdicts: [], held: prefixTable([]) };

/** The admission that follows from verdicts; `before` itself when they are the same. */
export function admissionOf(verdicts: readonly RangeVerdict[], before: Admission): Admission {
  if (sameValue(verdicts, before.verdicts)) return before;
  const admitted = verdicts.filter((verdict) => verdict.admitted);
  return {
    verdicts,
    held: prefixTable(admitted.map((verdict) => [parsePrefix(verdict.prefix), verdict.kind] as const)),
  };
}

/** Whether two admissions hold the same addresses for the same kinds. */
export function holdsSame(a: Admission, b: Admission): boolean {
  const held = (admission: Admission) =>
    admission.verdicts.flatMap((verdict) => (verdict.admitted ? [verdict.prefix, verdict.kind] : []));
  return a === b || sameValue(held(a), held(b));
}

/** Those of the addresses that lie in a held range of one of the kinds; the same array when all do. */
export function heldAddresses(
  admission: Admission,
  addresses: readonly string[],
  kinds: readonly RangeKind[],
): readonly string[] {
  const kept = addresses.filter((text) => {
    const address = readAddress(text);
    const kind = address === undefined ? undefined : longestMatchOf(admission.held, address);
    return kind !== undefined && kinds.includes(kind);
  });
  return kept.length === addresses.length ? addresses : kept;
}

/** The node without pod prefixes and addresses outside what its cluster holds; the same object when all lie inside. */
export function heldNode(admission: Admission, node: NodeFact): NodeFact {
  const addresses = heldAddresses(admission, node.addresses, ["node"]);
  const podPrefixes = node.podPrefixes.filter((text) => {
    const prefix = readPrefix(text);
    return prefix !== undefined && longestMatch(admission.held, prefix) === "pod";
  });
  if (addresses === node.addresses && podPrefixes.length === node.podPrefixes.length) return node;
  return { ...node, addresses, podPrefixes };
}

/** The pods that still have an address, with such addresses only; undefined when no pod is left. */
export function heldReach(admission: Admission, reach: ReachFact): ReachFact | undefined {
  const groups = reach.groups.flatMap((group) => heldGroup(admission, group) ?? []);
  if (groups.length === 0) return undefined;
  const same =
    groups.length === reach.groups.length && groups.every((group, at) => group === reach.groups[at]);
  return same ? reach : { ...reach, groups };
}

function heldGroup(admission: Admission, group: ReachGroup): ReachGroup | undefined {
  const pods = group.pods.flatMap((pod) => {
    const addresses = heldAddresses(admission, pod.addresses, podKinds);
    if (addresses.length === 0) return [];
    return addresses === pod.addresses ? pod : { ...pod, addresses };
  });
  if (pods.length === 0) return undefined;
  const same = pods.length === group.pods.length && pods.every((pod, at) => pod === group.pods[at]);
  return same ? group : { ...group, pods };
}
