// Where speakers find the leader, against the fake API server.

import { afterEach, beforeEach, expect, test } from "vitest";
import { createKubeClient } from "../kube/client.ts";
import { resources } from "../kube/resource.ts";
import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import type { FakeApiServer } from "../kube/testing/fake-api-server.ts";
import { fixtures } from "../kube/testing/fixtures.ts";
import type { Fixtures } from "../kube/testing/fixtures.ts";
import { recordingClient } from "../kube/testing/harness.ts";
import type { RecordingClient } from "../kube/testing/harness.ts";
import { writeListenerEndpoints } from "./listener-endpoints.ts";

let server: FakeApiServer;
let client: RecordingClient;
let kube: Fixtures;
const namespace = "sealane-system";
const stop = new AbortController();
const term = { signal: stop.signal, isCurrent: () => true };

beforeEach(async () => {
  server = await startFakeApiServer({ crds: "served" });
  client = recordingClient(createKubeClient(server.admin));
  kube = fixtures(client);
});

afterEach(async () => {
  await client.close();
  await server.close();
});

const write = (...addresses: string[]): Promise<void> =>
  writeListenerEndpoints(client, term, { namespace, addresses, port: 7444 });

const seen = async (): Promise<string[]> =>
  (await kube.list(resources.endpointSlices, namespace)).map(
    (slice) =>
      `${slice["addressType"]} ${slice["endpoints"].flatMap((each: { addresses: string[] }) => each.addresses).join(",")}`,
  );

test("each family has the leader's node, and follows it", async () => {
  await write("192.0.2.1", "2001:db8::1");
  expect(await seen()).toEqual(["IPv4 192.0.2.1", "IPv6 2001:db8::1"]);
  await write("192.0.2.7");
  expect(await seen()).toEqual(["IPv4 192.0.2.7", "IPv6 "]);
  client.asked.splice(0);
  await write("192.0.2.7");
  expect(client.asked.filter((each) => !each.startsWith("LIST"))).toEqual([]);
});

test("somebody else's slice is left alone", async () => {
  await kube.create(resources.endpointSlices, namespace, "sealane-agent-ipv4", {
    addressType: "IPv4",
    endpoints: [],
  });
  await expect(write("192.0.2.1")).rejects.toThrow("is not Sealane's");
  expect(await seen()).toEqual(["IPv4 "]);
});

test("nothing is written outside the term", async () => {
  const over = { signal: stop.signal, isCurrent: () => false };
  await expect(
    writeListenerEndpoints(client, over, { namespace, addresses: ["192.0.2.1"], port: 7444 }),
  ).rejects.toThrow("does not lead");
  expect(await seen()).toEqual([]);
});
