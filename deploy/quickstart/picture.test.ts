// What a picture lacks, how two differ, and how one is shown.

import { expect, test } from "vitest";
import { changesBetween } from "./changes.ts";
import { dashboardLines } from "./dashboard.ts";
import { manifestFaults, missingAnything } from "./missing.ts";
import type { Picture } from "./picture.ts";
import { converged, prefix, refused } from "./picture.testing.ts";
import type { Finding } from "./rendered.ts";

const mesh = converged();
const b = mesh.rendered.get("b")!;

/** The mesh with another state of b's rendered files. */
const rendering = (change: Partial<typeof b>): Picture => ({
  ...mesh,
  rendered: new Map([...mesh.rendered, ["b", { ...b, ...change }]]),
});

test("a mesh that has converged lacks nothing", () => {
  expect(missingAnything(mesh, ["a", "b"])).toEqual([]);
});

test.each([
  [
    "an agent that is silent",
    { ...mesh, clusters: mesh.clusters.slice(0, 1) },
    "b: its agent (not joined yet)",
  ],
  ["no verdict", { ...mesh, ranges: mesh.ranges.slice(0, 1) }, "b: verdicts about its ranges"],
  ["an export that nobody decided", { ...mesh, services: [] }, "a: export shop/web"],
  ["an import that is not rendered", rendering({ imports: [] }), "b: import shop/web"],
  ["an import of nothing", rendering({ imports: ["shop/web", "x/y"] }), "b: import x/y (not wanted)"],
  ["a node without its file", rendering({ nodes: new Map() }), "b1: its routes"],
  ["a hop less", converged(["172.30.1.11"]), `b1: route ${prefix} via 172.30.1.11 172.30.1.12`],
  ["a zone that is not forwarded", rendering({ zones: new Map() }), "b: stub for a.mesh.example"],
] as const)("%s is missing", (_, picture, phrase) => {
  expect(missingAnything(picture, ["a", "b"])).toContain(phrase);
});

test("what an agent does not find as wanted is missing, unless it says why", () => {
  const reported = (findings: readonly Finding[]): Picture => {
    const reports = [
      { node: null, observedAt: null, counts: [{ kind: "slices", desired: 3, observed: 2 }], findings },
    ];
    return { ...mesh, clusters: mesh.clusters.map((it) => ({ ...it, reports })) };
  };
  expect(missingAnything(reported([]), ["b"])).toEqual(["b: 2 of 3 slices"]);
  const finding = { subject: "x", reason: "ObjectNotOurs", message: "no" };
  expect(missingAnything(reported([finding]), ["b"])).toEqual([]);
});

test("a fault of a manifest is told once, whoever says it", () => {
  const finding = { subject: "nodes.yaml", reason: "ManifestInvalid", message: "nodes.yaml:12: no" };
  const reports = [{ node: null, observedAt: null, counts: [], findings: [finding] }];
  const clusters = mesh.clusters.map((it) => (it.name === "b" ? { ...it, reports } : it));
  expect(manifestFaults({ ...rendering({ findings: [finding] }), clusters })).toEqual([
    "clusters/b/nodes.yaml:12: no",
  ]);
});

test("changes are told once for all places", () => {
  const before = rendering({ nodes: new Map(["b2", "b1"].map((node) => [node, b.nodes.get("b1")!])) });
  const fewer = new Map([[prefix, ["172.30.1.11"]]]);
  const after = rendering({ nodes: new Map(["b2", "b1"].map((node) => [node, fewer])) });
  expect(changesBetween(before, after)).toEqual([
    `route ${prefix}: via 172.30.1.11 172.30.1.12 -> via 172.30.1.11 in b1, b2`,
  ]);
  expect(changesBetween(after, after)).toEqual([]);
});

test("what comes and goes is said so", () => {
  const after = { ...rendering({ imports: [] }), ranges: [...mesh.ranges, refused] };
  expect(changesBetween(mesh, after)).toEqual([
    "import shop/web: gone in b",
    "range 10.64.1.0/24 of d: now quarantined, pod range 10.64.1.0/24 overlaps 10.64.0.0/23 of a at 10.64.1.0/24 (RangeOverlap); free: 10.64.2.0/24",
  ]);
});

test("the view shows clusters, routes and changes, and never more than fits", () => {
  const shown = {
    steps: [],
    running: undefined,
    picture: { ...mesh, ranges: [...mesh.ranges, refused] },
    changes: Array.from({ length: 50 }, () => ({ at: new Date(), text: "something" })),
    changesTold: 50,
  };
  const lines = dashboardLines(shown, 1_000, { rows: 40, colour: false });
  expect(lines).toContainEqual(
    expect.stringMatching(/^shop\/web +a +10\.192\.0\.80\/32 +172\.30\.1\.11 172\.30\.1\.12 +b1$/),
  );
  expect(lines.at(-1)).toBe("Ctrl-C ends everything.");
  expect(dashboardLines(shown, 1_000, { rows: 5, colour: false })).toHaveLength(4);
});

test("the view says what the running step waits for", () => {
  const waitsFor = Array.from({ length: 9 }, (_, index) => `thing ${index}`);
  const shown = {
    steps: [],
    running: { title: "join", waitsFor },
    picture: mesh,
    changes: [],
    changesTold: 0,
  };
  const text = dashboardLines(shown, 1_200, { rows: 40, colour: false }).join("\n");
  expect(text).toMatch(/^ {3}1\.2 s {2}join \.\.\.\n +thing 0\n[^]*and 5 more$/);
});
