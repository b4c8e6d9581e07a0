// Descriptions for a person against files; what has nothing to show says so, and what is long goes on below.

import { expect, test } from "vitest";
import { renderDescription, section } from "../print/sections.ts";
import { tableColumnsMax } from "../print/table.ts";
import type { ClusterDescription } from "./cluster-description.ts";
import { clusterFacts, clusterSections, ownExports } from "./cluster-description.ts";
import { toEvent } from "./event.ts";
import * as fixtures from "./fixtures.testing.ts";
import { toName } from "./name.ts";
import { toRange } from "./range.ts";
import { toRoute } from "./route.ts";
import { toService } from "./service.ts";
import type { ServiceDescription } from "./service-description.ts";
import { serviceFacts, serviceSections } from "./service-description.ts";
import { toStatus } from "./status.ts";

const { now } = fixtures;
const ranges = [fixtures.range("d", "10.8.0.0/20"), fixtures.overlapping].map(toRange);
const status = toStatus("hub:7443", fixtures.unwell, ranges.slice(1), now);
const route = toRoute(fixtures.route("10.96.0.20/32", "install", { nextHops: ["192.0.2.11", "192.0.2.12"] }));
const events = fixtures.events.map(toEvent);

function clusterOf(name: string): ClusterDescription {
  const [cluster] = status.clusters.filter((it) => it.name === name);
  if (cluster === undefined) throw new Error(`the fixtures have no cluster "${name}"`);
  return {
    cluster,
    ranges: name === "d" ? ranges : [],
    exports: ownExports(name, [fixtures.web, fixtures.refused].map(toService)),
    routes: name === "b" ? Array.from({ length: 30 }, () => route) : [],
    names: [toName(fixtures.name(`${name}.mesh.example`, "zone", name, ["10.96.0.53"]))],
    events: events.filter((event) => event.cluster === name),
  };
}

const service: ServiceDescription = {
  service: toService(fixtures.web),
  imports: [
    { cluster: "a", answer: "yes", reason: null, message: "shop/web is imported from a, b", routes: [] },
    { cluster: "b", answer: "yes", reason: null, message: "shop/web is imported from a, b", routes: [route] },
    {
      cluster: "c",
      answer: "no",
      reason: "NoNamespace",
      message: 'cluster "c" has no namespace "shop"',
      routes: [],
    },
  ],
  notAsked: ["d", "e"],
  names: [toName(fixtures.name("web.shop.svc.clusterset.local", "clusterset", "", []))],
  events: [],
};

const cases = [
  ...["b", "d", "e"].map((name) => {
    const description = clusterOf(name);
    return {
      title: `cluster-${name}`,
      facts: clusterFacts(description, now),
      sections: clusterSections(description),
    };
  }),
  { title: "service", facts: serviceFacts(service), sections: serviceSections(service) },
];

test.each(cases)("$title", async ({ title, facts, sections }) => {
  const text = renderDescription(facts, sections, { format: "table", colour: false, now });
  await expect(text).toMatchFileSnapshot(`golden/description-${title}.txt`);
  expect(text.split("\n").filter((line) => line.length > tableColumnsMax || line.endsWith(" "))).toEqual([]);
});

test("wide shows every row, a table counts the rest and names the command that shows them", () => {
  const rows = Array.from({ length: 25 }, (_, index) => `row${index}`);
  const all = section("Rows", [{ title: "NAME", cell: (it: string) => it }], rows, "sealane get rows");
  const table = all.render({ format: "table", colour: false, now });
  expect(table).toContain("row19\nand 5 more: sealane get rows\n");
  expect(table).not.toContain("row20");
  expect(all.render({ format: "wide", colour: false, now })).toContain("row24\n");
});
