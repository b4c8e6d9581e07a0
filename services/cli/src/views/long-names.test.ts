// The longest names that there can be: every table fits its columns by cutting, and no other format loses a letter.

import { expect, test } from "vitest";
import type { Listing } from "../print/document.ts";
import { renderListing } from "../print/document.ts";
import { tableColumnsMax } from "../print/table.ts";
import { changePrinter } from "./change.ts";
import type { CheckFinding } from "./check.ts";
import { checkKind } from "./check.ts";
import { clusterKind, toCluster } from "./cluster.ts";
import { departureKind, toDeparture } from "./departure.ts";
import { eventKind, toEvent } from "./event.ts";
import { stepKind, toStep } from "./explanation.ts";
import * as fixtures from "./fixtures.testing.ts";
import { nameKind, toName } from "./name.ts";
import { planKind, toPlan } from "./plan.ts";
import { rangeListKind, toRange } from "./range.ts";
import { routeKind, toRoute } from "./route.ts";
import { serviceKind, toService } from "./service.ts";
import { statusKind, toStatus } from "./status.ts";
import { tokenKind, toToken } from "./token.ts";

const { now } = fixtures;
/** RFC 1123: a label has at most 63 characters, a name 253. */
const label = (letter: string) => letter.repeat(63);
const cluster = label("c");
const namespace = label("n");
const service = label("s");
const longName = `${service}.${namespace}.svc.${cluster}.${label("z").slice(0, 57)}`;
const prefix = "fd00:1111:2222:3333:4444:5555:6666:7777/128";
const range = fixtures.range(cluster, prefix, {
  kind: 4,
  admitted: false,
  reason: "RangeNotAllowed",
  owner: label("o"),
  ownerPrefix: prefix,
  overlap: prefix,
  free: prefix,
});
const info: typeof fixtures.web = {
  ...fixtures.web,
  namespace,
  name: service,
  exports: Object.fromEntries(
    ["x", "y", "z", "w"].map((letter) => [
      label(letter),
      { ...fixtures.refused.exports["c"]!, reason: "InternalTrafficPolicyConflict" },
    ]),
  ),
};
const clusters = [fixtures.cluster(cluster, { rangesQuarantined: 12_345 })];
const status = toStatus("hub:7443", { ...fixtures.unwell, clusters }, [toRange(range)], now);
const route = fixtures.route(prefix, "withheld", {
  cluster,
  purpose: `${namespace}/${service}`,
  nextHops: [prefix, prefix, prefix, prefix],
  reason: "InternalTrafficPolicyConflict",
  message: "m".repeat(200),
});
const step = fixtures.step(
  "unknown",
  "namespace",
  "ClusterDnsNotForwarding",
  `cluster "${cluster}" ${longName}`,
);
const event = fixtures.event("ExportConflicted", `service/${namespace}/${service}`, {
  cluster,
  reason: "InternalTrafficPolicyConflict",
  message: `${longName} ${longName}`,
});
const departure = {
  $typeName: "sealane.v1.DepartureInfo",
  cluster,
  state: 1,
  startedUnixUs: fixtures.ago(60),
  endedUnixUs: 0n,
  waitingFor: [`${label("w")} (no report since from ${label("h")})`],
  things: 0n,
  thingsGone: 0n,
  leftBehind: [],
  force: false,
} as const;
const finding: CheckFinding = {
  cluster,
  node: longName,
  subject: "kernel",
  reason: "InternalTrafficPolicyConflict",
  answer: "no",
  message: `${longName} ${longName}`,
  cure: longName,
};
const plan = { $typeName: "sealane.v1.PlanJoinResponse", ranges: [range.range!], member: true } as const;

function row<T>(title: string, listing: Listing<T>, ...full: readonly string[]) {
  return {
    title,
    full,
    render: (format: "table" | "wide" | "json" | "yaml" | "name") =>
      renderListing(listing, format, { colour: false, now }),
    watch: () => {
      const changes = listing.items.map((item) => ({
        change: "changed" as const,
        at: new Date(now).toISOString(),
        item,
      }));
      return changePrinter(listing.kind, "table").changes(changes, { colour: false, now });
    },
  };
}

const rows = [
  row("clusters", { kind: clusterKind, items: clusters.map(toCluster) }, cluster),
  row("status", { kind: statusKind, items: status.clusters }, cluster),
  row("services", { kind: serviceKind, items: [toService(info)] }, namespace, service),
  row("routes", { kind: routeKind, items: [toRoute(route)] }, `${namespace}/${service}`),
  row(
    "names",
    { kind: nameKind, items: [toName(fixtures.name(longName, "cluster", cluster, [prefix]))] },
    longName,
  ),
  row("ranges", { kind: rangeListKind, items: [toRange(range)] }, cluster),
  row("plan", { kind: planKind, items: toPlan({ ...plan, ranges: [...plan.ranges] }) }, label("o")),
  row("tokens", { kind: tokenKind, items: [toToken(fixtures.token("4f2a91c0", { cluster }), now)] }, cluster),
  row("events", { kind: eventKind, items: [toEvent(event)] }, `service/${namespace}/${service}`),
  row(
    "departures",
    {
      kind: departureKind,
      items: [toDeparture({ ...departure, waitingFor: [...departure.waitingFor], leftBehind: [] })],
    },
    cluster,
  ),
  row("checks", { kind: checkKind, items: [finding] }, cluster, longName),
  row("steps", { kind: stepKind, items: [toStep(step)] }, longName),
];

const tooLong = (text: string) => text.split("\n").filter((line) => line.length > tableColumnsMax);

test.each(rows)("the table of $title fits, also when it is watched", async ({ render, watch }) => {
  const text = await render("table");
  expect(tooLong(text)).toEqual([]);
  expect(text).toMatch(/^[A-Z]+(?: {2,}[A-Z]+)*\n/);
  expect(tooLong(await watch())).toEqual([]);
});

test.each(rows)("wide, JSON and YAML of $title hold the whole name", async ({ render, full }) => {
  for (const format of ["wide", "json", "yaml"] as const) {
    const text = await render(format);
    for (const name of full) expect(text).toContain(name);
    expect(text).not.toContain("…");
  }
  expect(await render("name")).not.toContain("…");
});
