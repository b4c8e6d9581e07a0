// Puts endpoints into slots of limited size. Sticky: what is in a slot of the right ports stays there; what is
// new goes where a slot changes anyway, then where there is room, then into a slot that lost its use, then into
// a new one.

import { sameValue } from "../compare.ts";
import type { DesiredEndpoint, DesiredSlices } from "../desired.ts";
import type { ReachPort } from "../facts.ts";
import { portsKey } from "../localise/slices.ts";

/** A slice while it is being filled. */
export interface Slot {
  readonly name: string;
  /** Changes only when the slot holds nothing. */
  readonly ports: readonly ReachPort[];
  /** What it held. */
  readonly before: readonly DesiredEndpoint[];
  /** What it will hold, by address; at first what must stay whatever is desired. */
  readonly endpoints: Map<string, DesiredEndpoint>;
}

/** How slots are made. */
export interface SlotRules {
  readonly slotSizeMax: number;
  readonly newName: () => string;
}

/** The slots with all desired endpoints in them. Slots that end empty are of no use any more. */
export function fillSlots(
  slots: readonly Slot[],
  desired: readonly DesiredSlices[],
  rules: SlotRules,
): readonly Slot[] {
  const keys = new Set(desired.map((group) => portsKey(group.ports)));
  const useless = slots.filter((slot) => !keys.has(portsKey(slot.ports)));
  const reusable = useless.filter((slot) => slot.endpoints.size === 0);
  const filled: Slot[] = useless.filter((slot) => slot.endpoints.size > 0);
  for (const group of desired) {
    const own = slots.filter((slot) => portsKey(slot.ports) === portsKey(group.ports));
    filled.push(...fillGroup(own, group, reusable, rules));
  }
  return [...filled, ...reusable];
}

function fillGroup(
  own: readonly Slot[],
  group: DesiredSlices,
  reusable: Slot[],
  rules: SlotRules,
): readonly Slot[] {
  const homeless = keepAtHome(own, group, rules.slotSizeMax);
  const byChange = [...own.filter(isChanged), ...own.filter((slot) => !isChanged(slot))];
  const slots = [...byChange];
  for (const endpoint of homeless) {
    let slot = slots.find((it) => it.endpoints.size < rules.slotSizeMax);
    if (slot === undefined) {
      const free = reusable.shift();
      slot = {
        name: free?.name ?? rules.newName(),
        ports: group.ports,
        before: free?.before ?? [],
        endpoints: new Map(),
      };
      slots.push(slot);
    }
    slot.endpoints.set(endpoint.address, endpoint);
  }
  return slots;
}

/** Puts every endpoint into the first slot that had it, while there is room; gives those that had none. */
function keepAtHome(
  own: readonly Slot[],
  group: DesiredSlices,
  slotSizeMax: number,
): readonly DesiredEndpoint[] {
  const homes = new Map<string, Slot>();
  for (const slot of own) {
    for (const { address } of slot.before) if (!homes.has(address)) homes.set(address, slot);
  }
  return group.endpoints.filter((endpoint) => {
    const home = homes.get(endpoint.address);
    if (home === undefined || home.endpoints.size >= slotSizeMax) return true;
    home.endpoints.set(endpoint.address, endpoint);
    return false;
  });
}

/** Whether the slot is rewritten anyway. */
function isChanged(slot: Slot): boolean {
  return (
    slot.before.length !== slot.endpoints.size ||
    slot.before.some((it) => !sameValue(slot.endpoints.get(it.address), it))
  );
}
