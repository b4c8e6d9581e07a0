// The leader stays findable: its node's addresses change, somebody edits the slices, or nothing is known.

import { expect, onTestFinished, test } from "vitest";
import { createKubeClient } from "../kube/client.ts";
import { resources } from "../kube/resource.ts";
import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import { fixtures } from "../kube/testing/fixtures.ts";
import { eventually } from "../kube/testing/wait.ts";
import { followListener } from "./follow-listener.ts";

const namespace = "sealane-system";

test("slices follow the addresses and are repaired, and unknown addresses take nothing away", async () => {
  const server = await startFakeApiServer({ crds: "served" });
  const client = createKubeClient(server.admin);
  const kube = fixtures(client);
  const stop = new AbortController();
  onTestFinished(async () => {
    stop.abort();
    await client.close();
    await server.close();
  });
  const shown = async (): Promise<string> =>
    (await kube.list(resources.endpointSlices, namespace))
      .flatMap((slice) => slice["endpoints"].flatMap((each: { addresses: string[] }) => each.addresses))
      .join(" ");
  const shows = (wanted: string) =>
    eventually(`the slices to show ${wanted}`, async () => (await shown()) === wanted);

  let addresses: readonly string[] = ["192.0.2.1", "2001:db8::1"];
  const problems: unknown[] = [];
  const following = followListener({
    client,
    term: { epoch: 1n, signal: stop.signal, isCurrent: () => !stop.signal.aborted },
    namespace,
    listen: "[::]:7444",
    addresses: () => addresses,
    onProblem: (error) => problems.push(error),
    lookMs: 10,
  });
  await shows("192.0.2.1 2001:db8::1");
  addresses = ["192.0.2.7", "2001:db8::7"];
  await shows("192.0.2.7 2001:db8::7");
  addresses = [];
  await kube.patch(resources.endpointSlices, namespace, "sealane-agent-ipv4", {
    endpoints: [{ addresses: ["192.0.2.99"] }],
  });
  await shows("192.0.2.99 2001:db8::7");
  addresses = ["192.0.2.7", "2001:db8::7"];
  await shows("192.0.2.7 2001:db8::7");
  await kube.remove(resources.endpointSlices, namespace, "sealane-agent-ipv6");
  await shows("192.0.2.7 2001:db8::7");
  stop.abort();
  await following;
  expect(problems).toEqual([]);
});
