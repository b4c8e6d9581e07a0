// Every printer in every format against a file. A change of what people or programs read is a change of a file
// that a reviewer sees.

import { expect, test } from "vitest";
import { parse } from "yaml";
import type { admin } from "@sealane/wire";
import type { Format, Listing } from "../print/document.ts";
import { apiVersion, renderListing } from "../print/document.ts";
import { tableColumnsMax } from "../print/table.ts";
import { versionKind } from "../verbs/version.ts";
import { clusterKind, toCluster } from "./cluster.ts";
import { eventKind, toEvent } from "./event.ts";
import { allReasons, conclude, reasonKind, stepKind, toStep } from "./explanation.ts";
import {
  cluster,
  events,
  name,
  now,
  overlapping,
  range,
  refused,
  route,
  step,
  token,
  unwell,
  web,
} from "./fixtures.testing.ts";
import { logLevelKind } from "./log-level.ts";
import { nameKind, toName } from "./name.ts";
import { planAnswer, planKind, toPlan } from "./plan.ts";
import { rangeListKind, toRange } from "./range.ts";
import { routeKind, toRoute } from "./route.ts";
import { serviceKind, toService } from "./service.ts";
import { statusKind, statusLines, toStatus } from "./status.ts";
import { tokenKind, toToken } from "./token.ts";

const hops = ["192.0.2.11", "192.0.2.12", "192.0.2.13", "192.0.2.14"];
const status = toStatus("192.0.2.1:7443", unwell, [toRange(overlapping)], now);
const steps = [
  step("unknown", "session", "ClusterSilent", "nothing was observed"),
  step("yes", "export", "", "a exports shop/web"),
  step("yes", "range", "", "10.96.0.20 lies in 10.96.0.0/16 of a"),
  step(
    "no",
    "import",
    "NoNamespace",
    "cluster b has no namespace shop, so nothing of that namespace is imported there",
  ),
].map(toStep);

const plan: admin.PlanJoinResponse = {
  $typeName: "sealane.v1.PlanJoinResponse",
  ranges: [range("", "10.9.0.0/16"), overlapping].flatMap((it) => it.range ?? []),
  member: false,
};

const someReasons = allReasons.filter(({ name }) =>
  ["RangeOverlap", "RangeInvalid", "RangeNotAllowed", "RangeReserved", "AddressOutsideRanges"].includes(name),
);

/** A listing with its kind's type closed over, so that rows of different kinds stand in one table. */
function row<T>(title: string, listing: Listing<T>) {
  const render = (format: Format, colour = false) => renderListing(listing, format, { colour, now });
  return {
    title,
    render,
    empty: (format: Format) => renderListing({ ...listing, items: [] }, format, { colour: false, now }),
  };
}

const rows = [
  row("clusters", { kind: clusterKind, items: unwell.clusters.map(toCluster) }),
  row("services", { kind: serviceKind, items: [refused, web].map(toService) }),
  row("routes", {
    kind: routeKind,
    items: [
      route("10.96.0.20/32", "install", { nextHops: hops }),
      route("10.244.2.0/24", "withheld", {
        purpose: "pods of node a3",
        reason: "NodeNoAddress",
        message: "node a3 reports no IPv4 address",
      }),
      route("fd00:a:96::20/128", "install", { nextHops: ["2001:db8::11", "2001:db8::12"] }),
      route("fd00:b:96::7/128", "originate", { cluster: "b", purpose: "pay/api" }),
    ].map(toRoute),
  }),
  row("names", {
    kind: nameKind,
    items: [
      name("a.mesh.example", "zone", "a", ["10.96.0.53", "fd00:a:96::53"]),
      name("web.shop.svc.a.mesh.example", "cluster", "a", [
        "10.96.0.20",
        "10.96.0.21",
        "10.96.0.22",
        "fd00:a:96::20",
      ]),
      name("web.shop.svc.clusterset.local", "clusterset", "", []),
    ].map(toName),
  }),
  row("ranges", { kind: rangeListKind, items: [range("a", "10.244.0.0/20"), overlapping].map(toRange) }),
  row("tokens", {
    kind: tokenKind,
    items: [
      token("4f2a91c0"),
      token("77aa01de", { cluster: "c", usedUnixUs: token("").createdUnixUs + 60_000_000n }),
      token("9b3c55e1", { cluster: "b", expiresUnixUs: token("").createdUnixUs + 60_000_000n }),
      token("c0ffee00", { revokedUnixUs: token("").createdUnixUs + 60_000_000n }),
    ].map((info) => toToken(info, now)),
  }),
  row("status", {
    kind: statusKind,
    items: status.clusters,
    head: { healthy: status.healthy, hub: status.hub },
  }),
  row("explanation", {
    kind: stepKind,
    items: steps,
    head: { claim: "b imports shop/web", answer: conclude(steps).answer },
  }),
  row("versions", {
    kind: versionKind,
    items: [
      { name: "client", version: "0.2.0", schema: null },
      { name: "hub", version: "0.1.0", schema: { min: 1, max: 2 } },
    ],
  }),
  row("events", { kind: eventKind, items: events.map(toEvent) }),
  row("plan", {
    kind: planKind,
    items: toPlan(plan),
    head: { answer: planAnswer(toPlan(plan)), member: false },
  }),
  row("loglevels", {
    kind: logLevelKind,
    items: [{ component: "hub", level: "debug", previous: "info" }],
  }),
  row("reasons", { kind: reasonKind, items: someReasons }),
];

for (const { title, render, empty } of rows) {
  test.each(["table", "wide", "json", "yaml", "name"] as const)(`${title} as %s`, async (format) => {
    await expect(await render(format)).toMatchFileSnapshot(`golden/${title}.${format}.txt`);
  });

  test(`${title}: the table keeps its width, titles have no spaces, no line ends in blanks`, async () => {
    const lines = (await render("table")).trimEnd().split("\n");
    expect(lines.filter((line) => line.length > tableColumnsMax || line.endsWith(" "))).toEqual([]);
    expect(lines[0]).toMatch(/^[A-Z]+(?: {2,}[A-Z]+)*$/);
  });

  test(`${title}: YAML holds what JSON holds, under one version`, async () => {
    const document: unknown = JSON.parse(await render("json"));
    expect(parse(await render("yaml"))).toEqual(document);
    expect(document).toMatchObject({ apiVersion, kind: expect.any(String), items: expect.any(Array) });
  });

  test(`${title}: nothing is a valid answer in every format`, async () => {
    expect(JSON.parse(await empty("json"))).toMatchObject({ apiVersion, items: [] });
    expect(parse(await empty("yaml"))).toMatchObject({ apiVersion, items: [] });
    expect([await empty("table"), await empty("wide"), await empty("name")]).toEqual(["", "", ""]);
  });

  test(`${title}: colour changes no letter`, async () => {
    const coloured = await render("table", true);
    // oxlint-disable-next-line no-control-regex -- escape sequences start with a control character
    expect(coloured.replaceAll(/\u001b\[\d+m/g, "").replaceAll(/ +$/gm, "")).toBe(await render("table"));
  });
}

test("YAML quotes the words that YAML 1.1 takes for booleans", async () => {
  const text = await rows.find(({ title }) => title === "status")?.render("yaml");
  expect(text).toContain('healthy: "no"');
  expect(text).toContain('healthy: "yes"');
});

test("a finding whose message begins with its subject, as those of files, names it once", () => {
  const fault = {
    $typeName: "sealane.v1.Finding" as const,
    subject: "web.yaml:19",
    reason: "ManifestInvalid",
    message: "web.yaml:19: Cannot read",
  };
  const [first] = cluster("a").reports;
  const reports = first === undefined ? [] : [{ ...first, findings: [fault] }];
  const { clusters } = toStatus("h:1", { ...unwell, clusters: [cluster("a", { reports })] }, [], now);
  expect(clusters[0]?.message).toBe("web.yaml:19: Cannot read");
});

test("the lines below the status", async () => {
  const text = statusLines(status, now).map((line) => `${line}\n`);
  await expect(text.join("")).toMatchFileSnapshot("golden/status-lines.txt");
});

test.each([
  { state: "all well", clusters: [cluster("a")], documents: [], healthy: "yes" },
  { state: "no cluster at all", clusters: [], documents: [], healthy: "yes" },
  {
    state: "one silent",
    clusters: [cluster("a"), cluster("c", { state: 3 })],
    documents: [],
    healthy: "unknown",
  },
  { state: "one never seen", clusters: [cluster("c", { state: 1 })], documents: [], healthy: "unknown" },
  {
    state: "one in a state of a later version",
    clusters: [cluster("c", { state: 9 as admin.SessionState })],
    documents: [],
    healthy: "unknown",
  },
  { state: "nothing observed", clusters: [cluster("a", { reports: [] })], documents: [], healthy: "unknown" },
  {
    state: "one quarantined",
    clusters: [cluster("a", { rangesQuarantined: 1 })],
    documents: [],
    healthy: "no",
  },
  {
    state: "one silent, one quarantined",
    clusters: [cluster("c", { state: 3 }), cluster("d", { rangesQuarantined: 1 })],
    documents: [],
    healthy: "no",
  },
  { state: "a refused document", clusters: [cluster("a")], documents: ["x.yaml:1: no"], healthy: "no" },
] as const)("status with $state: healthy is $healthy", ({ clusters, documents, healthy }) => {
  const response = { ...unwell, clusters: [...clusters], refusedDocuments: [...documents] };
  expect(toStatus("hub:7443", response, [], now).healthy).toBe(healthy);
});
