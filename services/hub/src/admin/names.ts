// Zones and names that the mesh answers, as far as the hub knows them.

import { clustersetZone, compareText } from "@sealane/core";
import type { View } from "@sealane/core";

/** A zone or a name with its addresses. */
export interface NameRow {
  readonly name: string;
  readonly kind: "zone" | "clusterset" | "cluster";
  /** Who answers; empty when every cluster does. */
  readonly cluster: string;
  readonly addresses: string[];
}

/** Every zone and every exported service's names, sorted. */
export function listNames(view: View): NameRow[] {
  const rows: NameRow[] = [];
  const zones = new Map<string, string>();
  for (const [cluster, { zone, addresses }] of view.stubs()) {
    zones.set(cluster, zone);
    rows.push({ name: zone, kind: "zone", cluster, addresses: [...addresses] });
  }
  for (const [namespace, name, { exporters }] of view.imports()) {
    rows.push({
      name: `${name}.${namespace}.svc.${clustersetZone}`,
      kind: "clusterset",
      cluster: "",
      addresses: [],
    });
    for (const { cluster, clusterAddresses } of exporters) {
      const zone = zones.get(cluster);
      if (zone === undefined) continue;
      rows.push({
        name: `${name}.${namespace}.svc.${zone}`,
        kind: "cluster",
        cluster,
        addresses: [...clusterAddresses],
      });
    }
  }
  return rows.toSorted((a, b) => compareText(a.name, b.name));
}
