// What the API server fills in by itself, as far as we depend on it: addresses of Services. For tests.

import { FakeRefusal } from "./fake-objects.ts";
import type { FakeObjects } from "./fake-objects.ts";

type Body = Record<string, unknown> & { metadata?: Record<string, unknown> };
type Spec = Record<string, unknown> & { clusterIPs?: string[]; ports?: Record<string, unknown>[] };

/** A new object as the server would keep it. @throws FakeRefusal */
export function withDefaults(objects: FakeObjects, collection: string, body: Body): Body {
  return collection === "services" ? withAddresses(objects, body) : body;
}

function withAddresses(objects: FakeObjects, body: Body): Body {
  const spec = (body["spec"] ?? {}) as Spec;
  if (spec["type"] === "ExternalName") return body;
  const taken = new Set(
    objects.list("services", "").flatMap((each) => (each as unknown as { spec: Spec }).spec.clusterIPs ?? []),
  );
  const asked = spec.clusterIPs ?? (typeof spec["clusterIP"] === "string" ? [spec["clusterIP"]] : []);
  for (const address of asked) {
    if (taken.has(address) && address !== "None")
      throw new FakeRefusal(422, "Invalid", `provided IP ${address} is already allocated`);
  }
  const clusterIPs = asked.length > 0 ? asked : [freeAddress(taken)];
  return {
    ...body,
    spec: {
      type: "ClusterIP",
      sessionAffinity: "None",
      internalTrafficPolicy: "Cluster",
      ipFamilyPolicy: "SingleStack",
      ipFamilies: ["IPv4"],
      ...spec,
      ports: (spec.ports ?? []).map((port) => ({ protocol: "TCP", targetPort: port["port"], ...port })),
      clusterIP: clusterIPs[0],
      clusterIPs,
    },
  };
}

function freeAddress(taken: ReadonlySet<string>): string {
  for (let host = 1; ; host++) {
    const address = `10.112.${host >> 8}.${host & 255}`;
    if (!taken.has(address)) return address;
  }
}
