// A health page that is not there, then not ready, then ready.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { kubeProxySynced } from "./kube-proxy.ts";

test("it waits for the first 200", async () => {
  const statuses = [503, 503, 200];
  const asked: number[] = [];
  const server = createServer((_request, response) => {
    const status = statuses[asked.length] ?? 500;
    asked.push(status);
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await kubeProxySynced(`http://127.0.0.1:${port}/healthz`, new AbortController().signal);
  server.close();
  expect(asked).toEqual(statuses);
});

test("it ends with its signal", async () => {
  const stop = new AbortController();
  const waiting = kubeProxySynced("http://127.0.0.1:1/healthz", stop.signal);
  stop.abort();
  await expect(waiting).rejects.toThrow(/abort/);
});
