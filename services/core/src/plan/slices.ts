// Turns wanted endpoints into whole EndpointSlices and the steps to them. An endpoint stays in the slice that
// has it, so one change rewrites one slice; losses come first; what is not known to be gone stays.

import { compareText, sameValue } from "../compare.ts";
import type { DesiredEndpoint, DesiredSlices } from "../desired.ts";
import type { ReachPort } from "../facts.ts";
import { endpointsPerSliceMax } from "../limits.ts";
import { compareEndpoints, compareReachPorts, portsKey } from "../localise/slices.ts";
import { fillSlots, type Slot } from "./slots.ts";

/** A slice as it is, or is to be. */
export interface Slice {
  /** Name of the EndpointSlice. */
  readonly name: string;
  readonly cluster: string;
  readonly addressType: "IPv4" | "IPv6";
  readonly ports: readonly ReachPort[];
  readonly endpoints: readonly DesiredEndpoint[];
}

/** One write. `create` and `update` carry the slice's whole content. */
export type SliceStep =
  | { readonly action: "create" | "update"; readonly slice: Slice }
  | { readonly action: "delete"; readonly name: string };

/** What to plan: all slices of one service. */
export interface SlicePlan {
  /** Start of every name: the derived Service's. */
  readonly baseName: string;
  readonly desired: readonly DesiredSlices[];
  /** Our slices of this service, of every cluster. */
  readonly observed: readonly Slice[];
  /** Whether endpoints that are not desired may go; false while that cluster's pods are not known to their end. */
  readonly mayRemove: (cluster: string) => boolean;
}

/** The steps, in the order in which they must be taken: losses, then gains in slices that exist, then new slices. */
export function planSlices(plan: SlicePlan): readonly SliceStep[] {
  const parts = new Map<string, { cluster: string; addressType: "IPv4" | "IPv6" }>();
  for (const { cluster, addressType } of [...plan.desired, ...plan.observed]) {
    parts.set(`${cluster} ${addressType}`, { cluster, addressType });
  }
  const steps = [...parts.values()].flatMap(({ cluster, addressType }) =>
    planPart(plan, cluster, addressType),
  );
  return steps
    .toSorted((a, b) => a.order - b.order || compareText(nameOf(a.step), nameOf(b.step)))
    .map((it) => it.step);
}

interface OrderedStep {
  readonly order: number;
  readonly step: SliceStep;
}

/** Slices of one cluster and family. */
function planPart(plan: SlicePlan, cluster: string, addressType: "IPv4" | "IPv6"): readonly OrderedStep[] {
  const isPart = (it: { cluster: string; addressType: string }) =>
    it.cluster === cluster && it.addressType === addressType;
  const desired = plan.desired.filter(isPart);
  const observed = plan.observed.filter(isPart).toSorted((a, b) => compareText(a.name, b.name));
  const wanted = new Set(desired.flatMap((group) => group.endpoints.map((endpoint) => endpoint.address)));
  const mayRemove = plan.mayRemove(cluster);
  const slots = observed.map((slice): Slot => {
    const retained = mayRemove ? [] : slice.endpoints.filter((endpoint) => !wanted.has(endpoint.address));
    return {
      name: slice.name,
      ports: slice.ports,
      before: slice.endpoints,
      endpoints: new Map(retained.map((it) => [it.address, it])),
    };
  });
  const newName = namer(`${plan.baseName}-${cluster}-${addressType.toLowerCase()}`, plan.observed);
  const filled = fillSlots(slots, desired, { slotSizeMax: endpointsPerSliceMax, newName });
  const before = new Map(observed.map((slice) => [slice.name, slice]));
  return filled.flatMap((slot) => {
    const endpoints = [...slot.endpoints.values()].toSorted(compareEndpoints);
    const slice = { name: slot.name, cluster, addressType, ports: slot.ports, endpoints };
    return stepTo(before.get(slot.name), slice);
  });
}

function stepTo(before: Slice | undefined, slice: Slice): readonly OrderedStep[] {
  if (slice.endpoints.length === 0) {
    return before === undefined ? [] : [{ order: 0, step: { action: "delete", name: slice.name } }];
  }
  if (before === undefined) return [{ order: 2, step: { action: "create", slice } }];
  if (sameContent(before, slice)) return [];
  return [{ order: losesAny(before, slice) ? 0 : 1, step: { action: "update", slice } }];
}

function sameContent(a: Slice, b: Slice): boolean {
  const content = (slice: Slice) => [
    slice.ports.toSorted(compareReachPorts),
    slice.endpoints.toSorted(compareEndpoints),
  ];
  return sameValue(content(a), content(b));
}

function losesAny(before: Slice, after: Slice): boolean {
  const ready = new Map(after.endpoints.map((endpoint) => [endpoint.address, endpoint.ready]));
  return (
    portsKey(before.ports) !== portsKey(after.ports) ||
    before.endpoints.some(
      (endpoint) => !ready.has(endpoint.address) || (endpoint.ready && !ready.get(endpoint.address)),
    )
  );
}

/** Gives names `base-1`, `base-2`, … that nothing has. */
function namer(base: string, observed: readonly Slice[]): () => string {
  const taken = new Set(observed.map((slice) => slice.name));
  let number = 0;
  return () => {
    do number++;
    while (taken.has(`${base}-${number}`));
    return `${base}-${number}`;
  };
}

function nameOf(step: SliceStep): string {
  return step.action === "delete" ? step.name : step.slice.name;
}
