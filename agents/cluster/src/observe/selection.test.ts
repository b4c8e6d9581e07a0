// What a namespace's selector selects, and when nothing can be said of it.

import { expect, test } from "vitest";
import { createStore, objectKey } from "../kube/store.ts";
import type { Stored } from "../kube/store.ts";
import { UnreadableObjects } from "../kube/unreadable.ts";
import type { Followed } from "./follow.ts";
import { parseNamespace } from "./parse-namespace.ts";
import type { Namespace } from "./parse-namespace.ts";
import { parseServiceExport } from "./parse-service-export.ts";
import type { ServiceExport } from "./parse-service-export.ts";
import { parseService } from "./parse-service.ts";
import type { Service } from "./parse-service.ts";
import { Selection } from "./selection.ts";
import type { SelectionKinds } from "./selection.ts";

let version = 0;

const metadataOf = (namespace: string, name: string, more: object = {}): object => ({
  ...(namespace === "" ? {} : { namespace }),
  name,
  uid: `uid-${name}`,
  resourceVersion: String(++version),
  ...more,
});

const namespaceOf = (name: string, selector?: string, more: object = {}): Namespace => {
  const annotations = selector === undefined ? {} : { "sealane.dev/export-selector": selector };
  return parseNamespace({ metadata: metadataOf("", name, { annotations, ...more }) });
};

const serviceOf = (namespace: string, name: string, labels: object, spec: object = {}, more = {}): Service =>
  parseService({ metadata: metadataOf(namespace, name, { labels, ...more }), spec });

const exportOf = (namespace: string, name: string, more: object = {}): ServiceExport =>
  parseServiceExport({ metadata: metadataOf(namespace, name, more) });

function followed<T extends Stored>(values: readonly T[], synced = true): Followed<T> {
  const store = createStore<T>();
  for (const value of values) store.put(value);
  return { store, synced, unreadable: new UnreadableObjects() };
}

const web = serviceOf("shop", "web", { tier: "web" });

const selectionOf = (more: Partial<SelectionKinds> = {}): Selection =>
  new Selection({
    namespaces: followed([namespaceOf("shop", "tier=web")]),
    services: followed([web]),
    exports: followed<ServiceExport>([]),
    ...more,
  });

const ours = {
  labels: { "app.kubernetes.io/managed-by": "sealane" },
  annotations: { "sealane.dev/owner": "sealane-agent", "sealane.dev/selected-by": "Namespace/shop" },
};

test("a Service that matches, in a namespace that opted in, and no other (MCS 6)", () => {
  const labelled = { tier: "web" };
  const services = followed([
    web,
    serviceOf("shop", "db", { tier: "db" }),
    serviceOf("shop", "away", labelled, { type: "ExternalName" }),
    serviceOf("shop", "going", labelled, {}, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
    serviceOf("shop", "sealane-0123", { ...labelled, "app.kubernetes.io/managed-by": "sealane" }),
    serviceOf("blog", "web", labelled),
  ]);
  const namespaces = followed([namespaceOf("shop", "tier=web"), namespaceOf("blog")]);
  const selection = selectionOf({ namespaces, services });
  const selected = ["web", "db", "away", "going", "sealane-0123", "gone"].map((name) =>
    selection.selects("shop", name),
  );
  expect(selected).toEqual([true, false, false, false, false, false]);
  expect(selection.selects("blog", "web")).toBe(false);
});

test("what is not known is neither selected nor not", () => {
  const known = { shop: followed([namespaceOf("shop")]), exports: followed<ServiceExport>([]) };
  expect(selectionOf({ namespaces: followed<Namespace>([], false) }).selects("shop", "web")).toBeUndefined();
  expect(selectionOf({ services: followed<Service>([], false) }).selects("shop", "web")).toBeUndefined();
  expect(selectionOf({ exports: followed<ServiceExport>([], false) }).selects("shop", "web")).toBeUndefined();
  expect(selectionOf({ namespaces: known.shop, exports: known.exports }).selects("shop", "web")).toBe(false);
});

test.each(["namespaces", "services", "exports"] as const)(
  "an object of %s that was never readable is not known",
  (kind) => {
    const unreadable = new UnreadableObjects();
    const [namespace, name] = kind === "namespaces" ? ["", "shop"] : ["shop", "web"];
    unreadable.replace([{ namespace, name, labels: {}, error: new Error("no") }], "first");
    const other = { ...followed<never>([]), unreadable };
    expect(selectionOf({ [kind]: other }).selects("shop", "web")).toBeUndefined();
  },
);

test("what is in a namespace that goes, goes with it", () => {
  const going = namespaceOf("shop", "tier=web", { deletionTimestamp: "2026-01-01T00:00:00Z" });
  expect(selectionOf({ namespaces: followed([going]) }).selects("shop", "web")).toBeUndefined();
});

test.each([
  ["tier=we b", '"tier=we b" cannot be read: "we b" is no label value'],
  [" ", "it is empty and would select every Service"],
])("%j says what is wrong with it, and changes nothing", (selector, want) => {
  const selection = selectionOf({ namespaces: followed([namespaceOf("shop", selector)]) });
  expect(selection.selects("shop", "web")).toBeUndefined();
  expect(selection.findings()).toMatchObject([{ subject: "Namespace shop", reason: "SelectorInvalid" }]);
  expect(selection.refused("shop")?.refusal.message).toContain(want);
});

test.each(["default", "kube-system", "kube-public", "kube-node-lease", "sealane-system"])(
  "nothing is selected in %s (MCS 15)",
  (name) => {
    const selection = selectionOf({
      namespaces: followed([namespaceOf(name, "tier=web")]),
      services: followed([serviceOf(name, "web", { tier: "web" })]),
    });
    expect(selection.selects(name, "web")).toBe(false);
    expect(selection.findings()).toMatchObject([
      { subject: `Namespace ${name}`, reason: "SelectorNotAllowed" },
    ]);
  },
);

test("names are those of Services in such namespaces, and of exports that were made for one", () => {
  const selection = selectionOf({
    namespaces: followed([namespaceOf("shop", "tier=web"), namespaceOf("blog")]),
    services: followed([web, serviceOf("blog", "web", { tier: "web" })]),
    exports: followed([exportOf("blog", "old", ours), exportOf("blog", "theirs")]),
  });
  expect([...selection.names()].toSorted()).toEqual([objectKey("blog", "old"), objectKey("shop", "web")]);
});

test("an export is ours by its marks and by what it was selected by", () => {
  const selected = (more: object): boolean => exportOf("shop", "web", more).selected;
  const { "sealane.dev/owner": owner, ...by } = ours.annotations;
  expect(selected(ours)).toBe(true);
  expect(selected({ annotations: ours.annotations })).toBe(true);
  expect(selected({ labels: ours.labels, annotations: by })).toBe(true);
  expect(selected({ labels: ours.labels, annotations: { "sealane.dev/owner": owner } })).toBe(false);
  expect(selected({ annotations: by })).toBe(false);
  expect(selected({})).toBe(false);
});
