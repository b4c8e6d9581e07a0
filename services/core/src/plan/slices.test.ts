// Plans of EndpointSlices: carried out they give what is desired, they are small, and they take nothing away
// that is not known to be gone.

import fc from "fast-check";
import { expect, test } from "vitest";
import { deepFreeze } from "../../testing/freeze.ts";
import type { DesiredEndpoint, DesiredSlices } from "../desired.ts";
import type { ReachPort } from "../facts.ts";
import { endpointsPerSliceMax } from "../limits.ts";
import { compareEndpoints, portsKey } from "../localise/slices.ts";
import { planSlices, type Slice, type SliceStep } from "./slices.ts";

const http: readonly ReachPort[] = [{ name: "http", protocol: "TCP", port: 8080, appProtocol: "" }];
const other: readonly ReachPort[] = [{ name: "http", protocol: "TCP", port: 9090, appProtocol: "" }];

const endpoint = (at: number, more: Partial<DesiredEndpoint> = {}): DesiredEndpoint => ({
  address: `10.1.${Math.floor(at / 250)}.${at % 250}`,
  ready: true,
  serving: true,
  terminating: false,
  hostname: "",
  zone: "",
  ...more,
});
const endpoints = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => endpoint(from + at));

function desired(items: readonly DesiredEndpoint[], more: Partial<DesiredSlices> = {}): DesiredSlices {
  return {
    namespace: "shop",
    name: "web",
    cluster: "a",
    addressType: "IPv4",
    ports: http,
    endpoints: items.toSorted(compareEndpoints),
    ...more,
  };
}

function plan(
  wanted: readonly DesiredSlices[],
  observed: readonly Slice[],
  mayRemove: (cluster: string) => boolean = () => true,
): readonly SliceStep[] {
  return planSlices(deepFreeze({ baseName: "sealane-x", desired: wanted, observed, mayRemove }));
}

function apply(observed: readonly Slice[], steps: readonly SliceStep[]): readonly Slice[] {
  const slices = new Map(observed.map((slice) => [slice.name, slice]));
  for (const step of steps) {
    const name = step.action === "delete" ? step.name : step.slice.name;
    expect(`${step.action} of ${name}: ${slices.has(name)}`).toBe(
      `${step.action} of ${name}: ${step.action !== "create"}`,
    );
    if (step.action === "delete") slices.delete(name);
    else slices.set(name, step.slice);
  }
  return [...slices.values()];
}

/** All endpoints as text, wherever they are. */
function content(slices: readonly (Slice | DesiredSlices)[]): readonly string[] {
  return slices
    .flatMap((it) =>
      it.endpoints.map((e) => `${it.cluster} ${it.addressType} ${portsKey(it.ports)} ${JSON.stringify(e)}`),
    )
    .toSorted();
}

test("from nothing: full slices with numbered names", () => {
  const steps = plan([desired(endpoints(0, 205))], []);
  expect(
    steps.map(
      (step) => step.action !== "delete" && [step.action, step.slice.name, step.slice.endpoints.length],
    ),
  ).toEqual([
    ["create", "sealane-x-a-ipv4-1", 100],
    ["create", "sealane-x-a-ipv4-2", 100],
    ["create", "sealane-x-a-ipv4-3", 5],
  ]);
});

test("one change rewrites one slice, even when the new endpoint would sort elsewhere", () => {
  const before = apply([], plan([desired(endpoints(0, 300))], []));
  const changed = plan([desired([...endpoints(0, 299), endpoint(299, { ready: false })])], before);
  const replaced = plan([desired([...endpoints(1, 300), endpoint(900)])], before);
  expect(changed).toMatchObject([{ action: "update", slice: { name: "sealane-x-a-ipv4-3" } }]);
  expect(replaced).toMatchObject([{ action: "update", slice: { name: "sealane-x-a-ipv4-1" } }]);
});

test("a replaced endpoint stays in its slice, though an earlier slice has room", () => {
  const full = apply([], plan([desired(endpoints(0, 300))], []));
  const roomy = apply(full, plan([desired(endpoints(10, 300))], full));
  const steps = plan([desired([...endpoints(10, 299), endpoint(900)])], roomy);
  expect(steps).toMatchObject([{ action: "update", slice: { name: "sealane-x-a-ipv4-3" } }]);
});

test("an emptied slice is deleted, its number is used again", () => {
  const before = apply([], plan([desired(endpoints(0, 150))], []));
  const steps = plan([desired(endpoints(100, 150))], before);
  expect(steps).toEqual([{ action: "delete", name: "sealane-x-a-ipv4-1" }]);
  const after = apply(before, steps);
  expect(plan([desired(endpoints(100, 240))], after)).toMatchObject([
    { action: "update", slice: { name: "sealane-x-a-ipv4-2" } },
    { action: "create", slice: { name: "sealane-x-a-ipv4-1" } },
  ]);
});

test("changed ports rewrite the slice in place", () => {
  const before = apply([], plan([desired(endpoints(0, 3))], []));
  expect(plan([desired(endpoints(0, 3), { ports: other })], before)).toMatchObject([
    { action: "update", slice: { name: "sealane-x-a-ipv4-1", ports: other } },
  ]);
});

test("losses come before gains", () => {
  const before = apply(
    [],
    plan(
      [
        desired(endpoints(0, 10)),
        desired(endpoints(0, 10), { cluster: "b" }),
        desired(endpoints(0, 10), { cluster: "c" }),
      ],
      [],
    ),
  );
  const steps = plan(
    [
      desired(endpoints(0, 11)),
      desired(endpoints(1, 10), { cluster: "b" }),
      desired([endpoint(1)], { cluster: "d" }),
    ],
    before,
  );
  expect(steps.map((step) => (step.action === "delete" ? step.name : step.slice.name))).toEqual([
    "sealane-x-b-ipv4-1",
    "sealane-x-c-ipv4-1",
    "sealane-x-a-ipv4-1",
    "sealane-x-d-ipv4-1",
  ]);
});

test("an endpoint that moved to other ports leaves the old ones, though its cluster is not known whole", () => {
  const before = apply([], plan([desired(endpoints(0, 2))], []));
  const after = apply(
    before,
    plan([desired([endpoint(0)], { ports: other })], before, () => false),
  );
  expect(content(after)).toEqual(content([desired([endpoint(0)], { ports: other }), desired([endpoint(1)])]));
});

const anyEndpoint = fc
  .record({ at: fc.integer({ min: 0, max: 260 }), ready: fc.boolean() })
  .map(({ at, ready }) => endpoint(at, { ready }));
const part = fc.record({
  cluster: fc.constantFrom("a", "b"),
  ports: fc.constantFrom(http, other),
  addressType: fc.constantFrom("IPv4" as const, "IPv6" as const),
});
const anyDesired = fc.uniqueArray(
  fc
    .tuple(part, fc.uniqueArray(anyEndpoint, { selector: (it) => it.address, minLength: 1, maxLength: 180 }))
    .map(([more, items]) => desired(items, more)),
  { maxLength: 5, selector: (it) => `${it.cluster} ${it.addressType} ${portsKey(it.ports)}` },
);
/** Slices as somebody may have left them: odd names, doubles, any fill. */
const anyObserved = fc.uniqueArray(
  fc
    .tuple(
      part,
      fc.constantFrom("sealane-x-a-ipv4-1", "sealane-x-a-ipv4-2", "sealane-x-b-ipv6-1", "odd"),
      fc.uniqueArray(anyEndpoint, { selector: (it) => it.address, minLength: 1, maxLength: 100 }),
    )
    .map(([more, name, items]): Slice => ({ name, ...more, endpoints: items })),
  { maxLength: 4, selector: (it) => it.name },
);

test("carried out, a plan gives what is desired, and then there is nothing left to do", () => {
  fc.assert(
    fc.property(anyDesired, anyObserved, (wanted, observed) => {
      const after = apply(observed, plan(wanted, observed));
      expect(content(after)).toEqual(content(wanted));
      expect(
        after.every((slice) => slice.endpoints.length <= endpointsPerSliceMax && slice.endpoints.length > 0),
      ).toBe(true);
      expect(plan(wanted, after)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test("of a cluster that is not known whole no endpoint goes", () => {
  fc.assert(
    fc.property(anyDesired, anyObserved, (wanted, observed) => {
      const after = apply(
        observed,
        plan(wanted, observed, (cluster) => cluster !== "a"),
      );
      const addresses = (slices: readonly (Slice | DesiredSlices)[]) =>
        new Set(
          slices
            .filter((it) => it.cluster === "a")
            .flatMap((it) => it.endpoints.map((e) => `${it.addressType} ${e.address}`)),
        );
      expect(addresses(after)).toEqual(new Set([...addresses(wanted), ...addresses(observed)]));
      expect(content(after)).toEqual(expect.arrayContaining([...content(wanted)]));
      expect(content(after.filter((it) => it.cluster === "b"))).toEqual(
        content(wanted.filter((it) => it.cluster === "b")),
      );
      expect(plan(wanted, after, (cluster) => cluster !== "a")).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test("a single change of a settled state writes one slice", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { minLength: 2, maxLength: 350 }),
      fc.nat(),
      (numbers, pick) => {
        const items = numbers.map((at) => endpoint(at));
        const settled = apply([], plan([desired(items)], []));
        const at = pick % items.length;
        const toggled = items.map((it, index) => (index === at ? { ...it, ready: false } : it));
        const replaced = items.map((it, index) => (index === at ? endpoint(999) : it));
        const removed = items.filter((_, index) => index !== at);
        for (const next of [toggled, replaced, removed])
          expect(plan([desired(next)], settled)).toHaveLength(1);
      },
    ),
    { numRuns: 60 },
  );
});
