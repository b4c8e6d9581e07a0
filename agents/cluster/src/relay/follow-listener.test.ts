// The leader stays findable: its node's addresses change, somebody edits the slices, or nothing is known.

import { sameValue } from "@sealane/core";
import { expect, onTestFinished, test } from "vitest";
import { createKubeClient } from "../kube/client.ts";
import { resources } from "../kube/resource.ts";
import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import { fixtures } from "../kube/testing/fixtures.ts";
import { eventually } from "../kube/testing/wait.ts";
import { followListener } from "./follow-listener.ts";

const namespace = "sealane-system";

test("slices and ConfigMap follow the addresses and are repaired, and unknown ones take nothing away", async () => {
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
  const configMap = "sealane-agent-ca";
  const mounted = async () => (await kube.get(resources.configMaps, namespace, configMap))?.["data"];
  const mounts = (v4: string, v6: string) =>
    eventually(`the ConfigMap to show ${v4} and ${v6}`, async () =>
      sameValue(await mounted(), {
        "ca.crt": "the CA",
        cluster: "a",
        addresses: `${v4}:7444\n[${v6}]:7444\n`,
      }),
    );

  let addresses: readonly string[] = ["192.0.2.1", "2001:db8::1"];
  const problems: unknown[] = [];
  const following = followListener({
    client,
    term: { epoch: 1n, signal: stop.signal, isCurrent: () => !stop.signal.aborted },
    content: { namespace, authority: "the CA", cluster: "a" },
    listen: "[::]:7444",
    addresses: () => addresses,
    onProblem: (error) => problems.push(error),
    lookMs: 10,
  });
  await shows("192.0.2.1 2001:db8::1");
  await mounts("192.0.2.1", "2001:db8::1");
  addresses = ["192.0.2.7", "2001:db8::7"];
  await shows("192.0.2.7 2001:db8::7");
  await mounts("192.0.2.7", "2001:db8::7");
  addresses = [];
  await kube.patch(resources.configMaps, namespace, configMap, { data: { addresses: "192.0.2.99:1\n" } });
  await kube.patch(resources.endpointSlices, namespace, "sealane-agent-ipv4", {
    endpoints: [{ addresses: ["192.0.2.99"] }],
  });
  await shows("192.0.2.99 2001:db8::7");
  addresses = ["192.0.2.7", "2001:db8::7"];
  await shows("192.0.2.7 2001:db8::7");
  await mounts("192.0.2.7", "2001:db8::7");
  await kube.remove(resources.endpointSlices, namespace, "sealane-agent-ipv6");
  await kube.remove(resources.configMaps, namespace, configMap);
  await shows("192.0.2.7 2001:db8::7");
  await mounts("192.0.2.7", "2001:db8::7");
  stop.abort();
  await following;
  expect(problems).toEqual([]);
});
