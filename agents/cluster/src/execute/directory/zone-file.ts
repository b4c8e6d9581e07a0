// Zone files (RFC 1035, section 5) of the names that a site answers itself: its own Services, and imported services.
// Pure: the same records give the same bytes, and the serial is a hash of them, so that any change is a new one.

import { createHash } from "node:crypto";
import { clustersetZone, compareText, isLabel } from "@sealane/core";
import { splitKey } from "../../kube/store.ts";
import type { ObjectKey } from "../../kube/store.ts";
import type { EndpointSlice } from "../../observe/parse-endpoint-slice.ts";
import type { Service } from "../../observe/parse-service.ts";
import type { ImportFile } from "./import-file.ts";
import { headLine } from "./rendered-folder.ts";

/** Seconds that a name may be kept: as long as mesh-dns says in a cluster. */
const ttlSeconds = 5;

interface Host {
  /** Under the zone. */
  readonly name: string;
  readonly address: string;
}

/** The zone of the site's own Services: their addresses, or the ready pods of headless ones. */
export function ownZoneText(
  zone: string,
  services: Iterable<Service>,
  slicesOf: (service: Service) => Iterable<EndpointSlice>,
): string {
  const hosts: Host[] = [];
  for (const service of services) {
    if (service.terminating || service.owned || service.type === "ExternalName") continue;
    if (!isLabel(service.name) || !isLabel(service.namespace)) continue;
    const name = `${service.name}.${service.namespace}.svc`;
    for (const address of service.clusterAddresses) hosts.push({ name, address });
    if (!service.headless) continue;
    for (const { endpoints } of slicesOf(service)) {
      for (const { address, hostname, ready } of endpoints) {
        if (!ready) continue;
        hosts.push({ name, address });
        if (isLabel(hostname)) hosts.push({ name: `${hostname}.${name}`, address });
      }
    }
  }
  return zoneText(zone, hosts);
}

/**
 * `clusterset.local`: the address of each imported service, or its ready pods where it has none here. A pod with a
 * hostname has a name of its own below its cluster's (KEP-1645).
 */
export function clustersetZoneText(imports: Iterable<readonly [ObjectKey, ImportFile]>): string {
  const hosts: Host[] = [];
  for (const [key, { addresses, slices }] of imports) {
    const { namespace, name: service } = splitKey(key);
    const name = `${service}.${namespace}.svc`;
    for (const address of addresses) hosts.push({ name, address });
    if (addresses.length > 0) continue;
    for (const { cluster, endpoints } of slices) {
      for (const { address, hostname, ready } of endpoints) {
        if (!ready) continue;
        hosts.push({ name, address });
        if (isLabel(hostname)) hosts.push({ name: `${hostname}.${cluster}.${name}`, address });
      }
    }
  }
  return zoneText(clustersetZone, hosts);
}

function zoneText(zone: string, hosts: readonly Host[]): string {
  const records = new Set(
    hosts.map(({ name, address }) => `${name} IN ${address.includes(":") ? "AAAA" : "A"} ${address}`),
  );
  const lines = [...records].toSorted(compareText);
  const serial = Number.parseInt(createHash("sha256").update(lines.join("\n")).digest("hex").slice(0, 8), 16);
  return [
    headLine(";"),
    `$ORIGIN ${zone}.`,
    `$TTL ${ttlSeconds}`,
    `@ IN SOA ns.dns.${zone}. hostmaster.${zone}. ${serial} 7200 900 86400 ${ttlSeconds}`,
    `@ IN NS ns.dns.${zone}.`,
    ...lines,
    "",
  ].join("\n");
}
