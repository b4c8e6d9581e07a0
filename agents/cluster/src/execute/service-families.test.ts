// What becomes of imports when the cluster's own service ranges change, against the fake API server.

import { expect, test } from "vitest";
import { resources } from "../kube/resource.ts";
import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import { eventually } from "../kube/testing/wait.ts";
import { apiServerForm, executorBench } from "./testing/bench.ts";
import { importBench } from "./testing/import-bench.ts";

const the = executorBench(async (namespace) =>
  apiServerForm(await startFakeApiServer({ crds: "missing" }), namespace),
);
const web = importBench(the);

const setRanges = (...cidrs: readonly string[]) =>
  the().kube.patch(resources.serviceCidrs, "", "kubernetes", { spec: { cidrs } });

test("a family that the cluster gets later gives imports their second address at once (MCS 22)", async () => {
  await setRanges("10.112.0.0/16");
  await the().restart();
  await web.imported({ ipFamilies: ["IPv6", "IPv4"] });
  const [first] = await web.ips();
  expect(await web.ips()).toHaveLength(1);
  await setRanges("10.112.0.0/16", "fd00:112::/112");
  await eventually("two addresses", async () => (await web.ips()).length === 2);
  expect((await web.ips())[0]).toBe(first);
});

test("the first family of a service that comes later gives the import its address at once (MCS 20, 22)", async () => {
  await setRanges("10.112.0.0/16");
  await the().restart();
  await web.makeNamespace();
  web.publish({ ipFamilies: ["IPv6"] });
  await eventually("the reason", async () => (await web.ready()) === "False IPFamilyNotSupported");
  await setRanges("10.112.0.0/16", "fd00:112::/112");
  await eventually("the import to be ready", async () => (await web.ready()) === "True Ready");
  expect((await web.ips())[0]).toContain(":");
});
