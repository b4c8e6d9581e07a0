// The way to the hub before there is a session: no address, an address where nobody listens, one where a hub does, and
// one where somebody else does.

import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import type { KubeClient } from "../kube/client.ts";
import { KubeError } from "../kube/error.ts";
import { makeListenerKeys } from "../relay/listener-keys.ts";
import { reachHub } from "./reach-hub.ts";

type Values = Readonly<Record<string, string>>;

/** An API server with these Secrets and nothing else. */
function clientWith(secrets: Readonly<Record<string, Values>>): KubeClient {
  return {
    server: "https://192.0.2.1:6443",
    request: async (_method, path) => {
      const values = secrets[path.split("/").at(-1) ?? ""];
      if (values === undefined) throw new KubeError("not found", { status: 404, reason: "NotFound" });
      const data = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
      return { metadata: { resourceVersion: "1" }, data: Object.fromEntries(data) };
    },
    stream: async () => undefined,
    close: async () => undefined,
  };
}

async function listen() {
  const keys = await makeListenerKeys("localhost", Date.now());
  const server = createServer({ cert: keys.certificate, key: keys.key, ALPNProtocols: ["h2"] });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  onTestFinished(() => void server.close());
  return { hub: `localhost:${(server.address() as AddressInfo).port}`, keys };
}

const reach = (secrets: Readonly<Record<string, Values>>) => reachHub(clientWith(secrets), "sealane-system");

test("without an address nothing is tried, and nothing is called wrong", async () => {
  expect(await reach({})).toEqual([
    { what: "hub", answer: "untried", message: expect.stringContaining("sealane-join") },
  ]);
});

test("where nobody listens, both ports fail", async () => {
  const states = await reach({ "sealane-join": { hub: "127.0.0.1:2", token: "t" } });
  expect(states).toMatchObject([
    { what: "sessions at 127.0.0.1:2", answer: "failed", message: expect.stringContaining("ECONNREFUSED") },
    { what: "joining at 127.0.0.1:1", answer: "failed" },
  ]);
});

test("a cluster that has joined asks for its hub's own CA", async () => {
  const { hub, keys } = await listen();
  const other = await makeListenerKeys("localhost", Date.now());
  const joinedTo = ({ authority }: { readonly authority: string }) =>
    reach({
      "sealane-agent": { hub, "tls.crt": keys.certificate, "tls.key": keys.key, "ca.crt": authority },
    });
  expect(await joinedTo(keys)).toMatchObject([{ what: `sessions at ${hub}`, answer: "reached" }]);
  expect(await joinedTo(other)).toMatchObject([
    { answer: "failed", message: expect.stringMatching(/certificate/) },
  ]);
});
