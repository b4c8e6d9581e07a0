// What the API server fills in by itself, as far as we depend on it: addresses of Services. For tests.

import { FakeRefusal } from "./fake-objects.ts";
import type { FakeEvent, FakeObject, FakeObjects } from "./fake-objects.ts";

type Body = Record<string, unknown> & { metadata?: Record<string, unknown> };
type Spec = Record<string, unknown> & { clusterIPs?: string[]; ports?: Record<string, unknown>[] };

/** A new object as the server would keep it. @throws FakeRefusal */
export function withDefaults(objects: FakeObjects, collection: string, body: Body): Body {
  if (collection !== "services") return body;
  refuseTimeout(body);
  return withAddresses(objects, body);
}

function withAddresses(objects: FakeObjects, body: Body): Body {
  const spec = (body["spec"] ?? {}) as Spec;
  if (spec["type"] === "ExternalName") return body;
  const taken = takenAddresses(objects);
  const asked = spec.clusterIPs ?? (typeof spec["clusterIP"] === "string" ? [spec["clusterIP"]] : []);
  for (const address of asked) {
    if (taken.has(address) && address !== "None")
      throw new FakeRefusal(
        422,
        "Invalid",
        `spec.clusterIPs: Invalid value: failed to allocate IP ${address}: provided IP is already allocated`,
      );
  }
  const families = (spec["ipFamilies"] as string[] | undefined) ?? ["IPv4"];
  const clusterIPs =
    asked[0] === "None" || asked.length > families.length
      ? asked
      : families.map((family, index) => asked[index] ?? freeAddress(taken, family));
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

/** A changed object as the server would keep it. @throws FakeRefusal */
export function changed(objects: FakeObjects, collection: string, held: FakeObject, body: Body): Body {
  if (collection !== "services") return body;
  refuseTimeout(body);
  return withGrownFamilies(objects, withOwnFields(held, body));
}

/** An affinity lasts from a second to a day. @throws FakeRefusal */
function refuseTimeout(body: Body): void {
  const spec = body["spec"] as Spec | undefined;
  const config = spec?.["sessionAffinityConfig"] as { clientIP?: { timeoutSeconds?: number } } | undefined;
  const seconds = config?.clientIP?.timeoutSeconds ?? 10_800;
  if (spec?.["sessionAffinity"] === "ClientIP" && (seconds < 1 || seconds > 86_400))
    throw new FakeRefusal(
      422,
      "Invalid",
      "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value",
    );
}

/** Fields of a LoadBalancer. When its type turns and they stay as they were, the server clears the first four by itself. */
const clearedFields = [
  "allocateLoadBalancerNodePorts",
  "loadBalancerClass",
  "externalTrafficPolicy",
  "healthCheckNodePort",
];
const refusedFields = [...clearedFields, "loadBalancerSourceRanges"];
const sourceRanges = "service.beta.kubernetes.io/load-balancer-source-ranges";

/** A ClusterIP has no field of another type. @throws FakeRefusal */
function withOwnFields(held: FakeObject, body: Body): Body {
  const spec = body["spec"] as Spec | undefined;
  if (spec === undefined || (spec["type"] ?? "ClusterIP") !== "ClusterIP") return body;
  const before = (held as { spec?: Spec }).spec ?? {};
  const cleared = before["type"] === spec["type"] ? [] : clearedFields;
  const kept = Object.fromEntries(
    Object.entries(spec).filter(([field, value]) => !cleared.includes(field) || value !== before[field]),
  );
  const wrong = refusedFields.find((field) => kept[field] !== undefined);
  if (wrong !== undefined || Object.hasOwn(body.metadata?.["annotations"] ?? {}, sourceRanges))
    throw new FakeRefusal(
      422,
      "Invalid",
      `spec.${wrong ?? "LoadBalancerSourceRanges"}: Forbidden: may only be used when \`type\` is 'LoadBalancer'`,
    );
  return { ...body, spec: kept };
}

/** A second family gets an address. */
function withGrownFamilies(objects: FakeObjects, body: Body): Body {
  const spec = body["spec"] as Spec | undefined;
  const families = (spec?.["ipFamilies"] as string[] | undefined) ?? [];
  if (spec === undefined || families.length <= (spec.clusterIPs?.length ?? 0)) return body;
  const second = freeAddress(takenAddresses(objects), families[1] ?? "");
  return { ...body, spec: { ...spec, clusterIPs: [...(spec.clusterIPs ?? []), second] } };
}

const ipAddresses = "networking.k8s.io/ipaddresses";

/** Every address of a Service has an IPAddress that names it, for as long as the Service has it. */
export function keepIpAddresses(objects: FakeObjects, { type, collection, object, before }: FakeEvent): void {
  if (collection !== "services") return;
  const after = type === "DELETED" ? [] : addressesOf(object);
  const had = before === undefined ? [] : addressesOf(before);
  for (const address of had.filter((each) => !after.includes(each))) {
    if (takenAddresses(objects).has(address)) objects.remove(ipAddresses, "", address);
  }
  const { namespace = "", name } = object.metadata;
  const spec = { parentRef: { group: "", resource: "services", namespace, name } };
  for (const address of after.filter((each) => !had.includes(each)))
    objects.create(ipAddresses, "", { metadata: { name: address }, spec });
}

function addressesOf(service: FakeObject): readonly string[] {
  const { spec } = service as { spec?: Spec };
  return (spec?.clusterIPs ?? []).filter((each) => each !== "None" && each !== "");
}

function takenAddresses(objects: FakeObjects): ReadonlySet<string> {
  return new Set(objects.list(ipAddresses, "").map(({ metadata }) => metadata.name));
}

function freeAddress(taken: ReadonlySet<string>, family: string): string {
  for (let host = 1; ; host++) {
    const address =
      family === "IPv6" ? `fd00:112::${host.toString(16)}` : `10.112.${host >> 8}.${host & 255}`;
    if (!taken.has(address)) return address;
  }
}
