// Label selectors mean what the API server makes of them.

import { expect, test } from "vitest";
import { SelectorError, matchesSelector, parseLabelSelector } from "./label-selector.ts";

const selects = (text: string, labels: Record<string, string>): boolean =>
  matchesSelector(parseLabelSelector(text), labels);

test.each([
  ["", {}, true],
  ["tier=web", { tier: "web" }, true],
  ["tier==web", { tier: "web" }, true],
  [" tier = web ", { tier: "web" }, true],
  ["tier=web", { tier: "db" }, false],
  ["tier=web", {}, false],
  ["tier=", { tier: "" }, true],
  ["tier!=web", {}, true],
  ["tier!=web", { tier: "web" }, false],
  ["tier", { tier: "" }, true],
  ["tier", {}, false],
  ["!tier", {}, true],
  ["!tier", { tier: "web" }, false],
  ["tier in (web, db)", { tier: "db" }, true],
  ["tier in (web,db)", { tier: "mail" }, false],
  ["tier notin (web,db)", {}, true],
  ["tier notin (web,db)", { tier: "web" }, false],
  ["tier in (web,db),!draft,a.example/x=1", { tier: "db", "a.example/x": "1" }, true],
  ["tier in (web,db),!draft", { tier: "db", draft: "" }, false],
  ["size>3", { size: "10" }, true],
  ["size>3", { size: "3" }, false],
  ["size<3", { size: "1" }, true],
  ["size<3", { size: "small" }, false],
  ["in=notin", { in: "notin" }, true],
  ["toString", {}, false],
])("%j of %j: %j", (text, labels, want) => {
  expect(selects(text, labels)).toBe(want);
});

test.each([
  ["tier=web,", '""'],
  ["tier=we b", '"we b"'],
  ["=web", '"=web"'],
  ["tier in web", '"tier in web"'],
  ["tier in (web", '"tier in (web"'],
  ["tier=a=b", '"tier=a=b"'],
  ["-tier", '"-tier"'],
  ["a,".repeat(5_000), "4096"],
  ["A.example/x=1", '"A.example/x"'],
  ["size>three", '"three"'],
  [`tier=${"a".repeat(64)}`, "label value"],
])("%j is refused, naming %s", (text, part) => {
  expect(() => parseLabelSelector(text)).toThrow(SelectorError);
  expect(() => parseLabelSelector(text)).toThrow(part);
});
