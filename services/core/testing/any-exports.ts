// Exports of one name as fast-check makes them: few different values, so that they agree and collide often.

import fc from "fast-check";
import type { Constituent, ExportFact, ExportPort } from "../src/index.ts";
import { exportFact } from "./mk.ts";

/** Ports as one Service may have them: a name and a number of a protocol once, and a name for each of several. */
export const anyPorts: fc.Arbitrary<readonly ExportPort[]> = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom("", "a", "b", "c", "port-1-tcp"),
      protocol: fc.constantFrom("TCP" as const, "UDP" as const, "SCTP" as const),
      port: fc.constantFrom(1, 2, 3),
      appProtocol: fc.constantFrom("", "h2c"),
    }),
    { maxLength: 4, selector: (port) => port.name },
  )
  .map((ports) => {
    const numbers = new Map(ports.map((port) => [`${port.protocol}/${port.port}`, port]));
    const once = [...numbers.values()];
    return once.length > 1 ? once.filter((port) => port.name !== "") : once;
  });

const anyFact: fc.Arbitrary<ExportFact> = fc
  .record({
    createdAt: fc.integer({ min: 1, max: 3 }),
    type: fc.constantFrom("ClusterSetIP" as const, "ClusterSetIP" as const, "Headless" as const),
    ports: anyPorts,
    ipFamilies: fc.constantFrom(["IPv4"], ["IPv6"], ["IPv4", "IPv6"], ["IPv6", "IPv4"]),
    sessionAffinity: fc.constantFrom("None", "ClientIP"),
    internalTrafficPolicy: fc.constantFrom("Cluster", "Local"),
    trafficDistribution: fc.constantFrom("", "PreferClose"),
    labels: fc.dictionary(fc.constantFrom("x", "y"), fc.constantFrom("1", "2")),
    annotations: fc.dictionary(fc.constantFrom("x", "y"), fc.constantFrom("1", "2")),
  })
  .map((fact) =>
    exportFact({ ...fact, sessionAffinityTimeoutSeconds: fact.sessionAffinity === "ClientIP" ? 10_800 : 0 }),
  );

/** At least one export, one of each cluster. */
export const anyConstituents: fc.Arbitrary<readonly Constituent[]> = fc.uniqueArray(
  fc.record({ cluster: fc.constantFrom("a", "b", "c", "d", "e"), fact: anyFact }),
  { minLength: 1, selector: (it) => it.cluster },
);

/** A list, and the same in another order. */
export function shuffled<Item>(
  items: fc.Arbitrary<readonly Item[]>,
): fc.Arbitrary<readonly [readonly Item[], readonly Item[]]> {
  return items.chain((list) =>
    fc
      .shuffledSubarray([...list], { minLength: list.length, maxLength: list.length })
      .map((other) => [list, other] as const),
  );
}
