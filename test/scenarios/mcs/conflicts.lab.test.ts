// Exports of one name that differ: the oldest wins everywhere, every constituent is told, and the ports are united.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitUntil } from "../../lab/index.ts";
import { exportOf, service, tcp, udp } from "./objects.ts";
import type { Port } from "./objects.ts";
import { apply, openPair, read, remove } from "./pair.ts";
import type { Pair } from "./pair.ts";
import { plainPorts, waitForCondition, waitForImport } from "./seen.ts";
import type { Condition, ServiceExport, ServiceImport } from "./seen.ts";

const stcp: Port = { name: "stcp", protocol: "SCTP", port: 142 };
const tcpElsewhere: Port = { ...tcp, port: 43, targetPort: 42 };

const clientIp = (timeoutSeconds: number) => ({
  sessionAffinity: "ClientIP",
  sessionAffinityConfig: { clientIP: { timeoutSeconds } },
});

/** One name, exported by `a` first and then by `b`. */
interface Conflict {
  readonly name: string;
  /** The Service's spec in each cluster. */
  readonly a: object;
  readonly b: object;
  /** The export's spec in each cluster. */
  readonly exportA?: object;
  readonly exportB?: object;
}

const conflicts: readonly Conflict[] = [
  {
    name: "metadata",
    a: {},
    b: {},
    exportA: { exportedLabels: { tier: "front" }, exportedAnnotations: { contact: "shop" } },
    exportB: { exportedLabels: { stage: "test" }, exportedAnnotations: { owner: "lab" } },
  },
  { name: "more-ports", a: {}, b: { ports: [tcp, stcp] } },
  { name: "other-number", a: {}, b: { ports: [tcpElsewhere, udp] } },
  { name: "type", a: {}, b: { clusterIP: "None" } },
  { name: "affinity", a: clientIp(10), b: {} },
  { name: "affinity-config", a: clientIp(10), b: clientIp(20) },
  { name: "policy", a: { internalTrafficPolicy: "Local" }, b: { internalTrafficPolicy: "Cluster" } },
  { name: "distribution", a: { trafficDistribution: "PreferClose" }, b: {} },
  { name: "families", a: {}, b: { ipFamilyPolicy: "SingleStack", ipFamilies: ["IPv4"] } },
  {
    name: "several",
    a: { internalTrafficPolicy: "Cluster" },
    b: { internalTrafficPolicy: "Local", ports: [tcp] },
  },
  { name: "elder", a: clientIp(10), b: {} },
];

let pair: Pair;
let namespace: string;

beforeAll(async () => {
  pair = await openPair("conflicts");
  namespace = pair.namespace;
  const specs = conflicts.map(({ name, a, exportA }) => [
    service(namespace, name, a),
    exportOf(namespace, name, exportA),
  ]);
  await apply(pair.a, ...specs.flat());
  await Promise.all(conflicts.map(({ name }) => waitForCondition(pair.a, namespace, name, "Ready", "True")));
  const rivals = conflicts.map(({ name, b, exportB }) => [
    service(namespace, name, b),
    exportOf(namespace, name, exportB),
  ]);
  await apply(pair.b, ...rivals.flat());
});

afterAll(() => pair?.close());

describe("two exports that differ", () => {
  it("in exported labels and annotations: both are told, the first's are used and none of the second's (C3)", async () => {
    expect(await conflictOf("metadata")).toMatchObject({ reason: "AnnotationsConflict,LabelsConflict" });
    for (const { metadata } of await imports("metadata")) {
      expect(metadata.labels).toMatchObject({ tier: "front" });
      expect(metadata.labels).not.toHaveProperty("stage");
      expect(metadata.annotations).toMatchObject({ contact: "shop" });
      expect(metadata.annotations).not.toHaveProperty("owner");
    }
  });

  it("in which ports they have: both are told, and the import has the union (C10)", async () => {
    expect(await conflictOf("more-ports")).toMatchObject({ reason: "PortConflict" });
    const united = plainPorts([tcp, udp, stcp]);
    for (const { spec } of await imports("more-ports", ({ spec }) => spec.ports.length === 3))
      expect(plainPorts(spec.ports)).toEqual(united);
  });

  it("in the number behind a port's name: both are told, and the import has exactly the first's ports (C11)", async () => {
    expect(await conflictOf("other-number")).toMatchObject({ reason: "PortConflict" });
    for (const { spec } of await imports("other-number"))
      expect(plainPorts(spec.ports)).toEqual(plainPorts([tcp, udp]));
  });

  it("in type: both are told, and the import is of the first's type (C15)", async () => {
    expect(await conflictOf("type")).toMatchObject({ reason: "TypeConflict" });
    for (const { spec } of await imports("type")) expect(spec.type).toBe("ClusterSetIP");
  });
});

describe("two exports that differ in a policy", () => {
  it.each([
    {
      name: "affinity",
      reason: "SessionAffinityConflict",
      told: ["sessionAffinity", "ClientIP"],
      used: clientIp(10),
    },
    {
      name: "affinity-config",
      reason: "SessionAffinityConfigConflict",
      told: ["sessionAffinityConfig", "10"],
      used: clientIp(10),
    },
    {
      name: "policy",
      reason: "InternalTrafficPolicyConflict",
      told: ["internalTrafficPolicy", "Local"],
      used: { internalTrafficPolicy: "Local" },
    },
    {
      name: "distribution",
      reason: "TrafficDistributionConflict",
      told: ["trafficDistribution", "PreferClose"],
      used: { trafficDistribution: "PreferClose" },
    },
  ])(
    "$name: both are told $reason, the field, the value in use and whose it is (MCS 32)",
    async ({ name, reason, told, used }) => {
      await expectConflict(name, reason, told);
      for (const { spec } of await imports(name)) expect(spec).toMatchObject(used);
    },
  );

  it("in IP families: both are told, for only a part of the pods may be reached by one of them (MCS 23)", async () => {
    await expectConflict("families", "IPFamilyConflict", ["ipFamilies", "IPv4,IPv6"]);
    for (const { spec } of await imports("families")) expect(spec.ipFamilies).toEqual(["IPv4", "IPv6"]);
  });

  it("and in ports: both are told both reasons, joined by a comma (MCS 32)", async () => {
    const { reason, message } = await conflictOf("several");
    expect(reason).toBe("InternalTrafficPolicyConflict,PortConflict");
    for (const field of ["internalTrafficPolicy", "ports"]) expect(message).toContain(field);
  });
});

describe("an export that is deleted and made again", () => {
  const name = "elder";

  it("is younger than the other's, which wins from then on (MCS 29)", async () => {
    await conflictOf(name);
    const [before] = await imports(name, ({ spec }) => spec.sessionAffinity === "ClientIP");
    await remove(pair.a, "ServiceExport", namespace, name);
    await imports(name, ({ spec }) => spec.sessionAffinity === "None");
    await waitForCondition(pair.b, namespace, name, "Conflict", "False");
    await nextSecondAfter(await createdAt("b"));
    await apply(pair.a, exportOf(namespace, name));
    expect(Date.parse(await createdAt("a"))).toBeGreaterThan(Date.parse(await createdAt("b")));
    const condition = await conflictOf(name);
    expect(condition.message).toMatch(/"b".*"a"/);
    const [after] = await imports(name, ({ spec }) => spec.sessionAffinity === "None");
    expect(after?.spec.ips).toEqual(before?.spec.ips);
  });

  async function createdAt(cluster: "a" | "b"): Promise<string> {
    const found = await read<ServiceExport>(pair[cluster], "ServiceExport", namespace, name);
    return found?.metadata.creationTimestamp ?? "";
  }

  /** Creation times have whole seconds; exports of one second are ranked by their clusters' names. */
  function nextSecondAfter(timestamp: string): Promise<void> {
    const wait = { what: `the second after ${timestamp}`, timeoutMs: 5_000 };
    return waitUntil(wait, () => Date.now() >= Date.parse(timestamp) + 1_000);
  }
});

/** Both exports say the reason, the field, the value in use, whose it is and who differs. */
async function expectConflict(name: string, reason: string, told: readonly string[]): Promise<void> {
  const condition = await conflictOf(name);
  expect(condition.reason).toBe(reason);
  for (const word of [...told, '"a"', '"b"']) expect(condition.message).toContain(word);
}

/** What both exports say of the conflict: the same. */
async function conflictOf(name: string): Promise<Condition> {
  const [ofA, ofB] = await Promise.all(
    pair.both.map((site) => waitForCondition(site, namespace, name, "Conflict", "True")),
  );
  expect(ofB).toMatchObject({ reason: ofA?.reason, message: ofA?.message });
  return ofA as Condition;
}

/** The import in a and in b, once both know both exporters and this holds of each. */
function imports(
  name: string,
  holds: (seen: ServiceImport) => boolean = ({ status }) => status?.clusters?.length === 2,
): Promise<readonly ServiceImport[]> {
  return Promise.all(pair.both.map((site) => waitForImport(site, namespace, name, holds)));
}
