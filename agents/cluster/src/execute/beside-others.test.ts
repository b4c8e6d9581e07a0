// Whose labels and annotations are: those of others stay and cost nothing, ours are as we want them.

import { expect, test } from "vitest";
import { resources } from "../kube/resource.ts";
import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import type { FakeApiServer } from "../kube/testing/fake-api-server.ts";
import type { FakeObject } from "../kube/testing/fake-objects.ts";
import { eventually } from "../kube/testing/wait.ts";
import { besideOthers, exportedRecord, importKeys, ourKeys, oursOf } from "./beside-others.ts";
import { apiServerForm, executorBench } from "./testing/bench.ts";
import { importBench } from "./testing/import-bench.ts";
import { reachFact } from "./testing/test-view.ts";

let fake: FakeApiServer;
const the = executorBench(async (namespace) => {
  fake = await startFakeApiServer({ crds: "missing" });
  return apiServerForm(fake, namespace);
});
const web = importBench(the);

const policy = { "policy.example.org/checked": "yes" };

/** A policy of the cluster that marks every object which is written. */
function markEverything(): void {
  fake.objects.keep = (_collection, object) => {
    const { labels, annotations } = object.metadata as FakeObject["metadata"] & { annotations?: object };
    const metadata = {
      ...object.metadata,
      labels: { ...labels, ...policy },
      annotations: { ...annotations, ...policy },
    };
    return { ...object, metadata };
  };
}

const octets = Array.from({ length: 250 }, (_, index) => index + 1);

test("a policy that marks every object: nothing is written for it, and a change of one endpoint writes one slice", async () => {
  markEverything();
  await web.imported({ labels: { tier: "gold" } }, reachFact(octets));
  the().executor.touchAll();
  await the().settled();
  expect(the().writes()).toEqual([]);
  web.publish({ labels: { tier: "gold" } }, reachFact(octets, [7]));
  await eventually("the change", async () =>
    (await web.slices()).some(({ endpoints }) =>
      (endpoints as { conditions: { ready: boolean } }[]).some(({ conditions }) => !conditions.ready),
    ),
  );
  await the().settled();
  const writes = the().writes();
  expect(writes).toHaveLength(1);
  expect((await web.slices()).map(({ metadata }) => the().sliceWrite(metadata.name))).toContain(writes[0]);
  expect(await web.slices()).not.toHaveLength(1);
});

test("a policy that comes later marks what is written, and what is not stays as it is", async () => {
  await web.imported();
  markEverything();
  web.publish({ labels: { tier: "gold" } });
  await eventually("the label", async () => (await web.serviceImport())?.metadata.labels["tier"] === "gold");
  await the().settled();
  the().writes();
  the().executor.touchAll();
  await the().settled();
  expect(the().writes()).toEqual([]);
  expect((await web.serviceImport())?.metadata.labels).toMatchObject(policy);
  expect((await web.slices())[0]?.metadata.labels).not.toMatchObject(policy);
});

test("what was exported goes from the import, also by a leader that did not write it", async () => {
  await web.imported({ labels: { tier: "gold" }, annotations: { "example.org/note": "n" } });
  await the().kube.patch(resources.serviceImports, the().namespace, "web", {
    metadata: { labels: { extra: "x" } },
  });
  await the().restart();
  web.publish();
  await eventually(
    "the label to go",
    async () => !Object.hasOwn((await web.serviceImport())?.metadata.labels ?? {}, "tier"),
  );
  const { labels, annotations } = (await web.serviceImport())?.metadata ?? {};
  expect(labels).toEqual({ "app.kubernetes.io/managed-by": "sealane", extra: "x" });
  expect(Object.keys(annotations as object).toSorted()).toEqual([
    "sealane.dev/derived-service",
    "sealane.dev/owner",
  ]);
});

test("a label that keeps kube-proxy from a slice or a Service of ours is taken off", async () => {
  await web.imported();
  const { kube, namespace } = the();
  const labels = { "service.kubernetes.io/service-proxy-name": "none", "service.kubernetes.io/headless": "" };
  const [slice] = await web.slices();
  await kube.patch(resources.endpointSlices, namespace, slice?.metadata.name ?? "", { metadata: { labels } });
  const derived = (await web.derived())?.metadata.name ?? "";
  await kube.patch(resources.services, namespace, derived, { metadata: { labels } });
  await eventually("both to be told", async () => (await web.notes("EditedByHand")).length === 2);
  for (const object of [(await web.slices())[0], await web.derived()])
    for (const label of Object.keys(labels)) expect(object?.metadata.labels).not.toHaveProperty([label]);
});

const exported = { labels: { b: "1", a: "2" }, annotations: { c: "3" } };

test("the record of exported keys tells whose a key is; nothing exported has none", () => {
  expect(exportedRecord({ labels: {}, annotations: {} })).toEqual({});
  const record = exportedRecord(exported);
  expect(Object.values(record)).toEqual(['{"labels":["a","b"],"annotations":["c"]}']);
  const keys = importKeys({ annotations: record });
  expect(["a", "b", "c", "sealane.dev/x", "app.kubernetes.io/managed-by"].map(keys.label)).toEqual([
    true,
    true,
    false,
    true,
    true,
  ]);
  expect(["a", "c", "sealane.dev/x", "app.kubernetes.io/managed-by"].map(keys.annotation)).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

test.each(["", "{", "null", "5", "[]", '{"labels":"a"}', '{"labels":[1,null]}'])(
  "a record that somebody made %j says nothing",
  (text) => {
    const keys = importKeys({ annotations: { "sealane.dev/exported": text } });
    expect([keys.label("a"), keys.annotation("c")]).toEqual([false, false]);
  },
);

test("ours over what is held, and nothing of ours that is not wanted", () => {
  const keys = ourKeys({ labels: ["mine"], annotations: ["old"] });
  const held = { labels: { mine: "1", theirs: "2", tier: "old" }, annotations: { old: "3", note: "4" } };
  const wanted = { labels: { tier: "new" }, annotations: { "sealane.dev/owner": "me" } };
  expect(besideOthers(held, wanted, keys)).toEqual({
    labels: { theirs: "2", tier: "new" },
    annotations: { note: "4", "sealane.dev/owner": "me" },
  });
  expect(besideOthers(undefined, wanted, keys)).toEqual(wanted);
  expect(oursOf(held, keys)).toEqual({ labels: { mine: "1" }, annotations: { old: "3" } });
});
