// What kube-proxy's metrics say about its rules, and a page that is not there, then too early, then right.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { hasWrittenRules, kubeProxySynced } from "./kube-proxy.ts";

const sync = "kubeproxy_sync_proxy_rules";
const four = '{ip_family="IPv4"}';
const six = '{ip_family="IPv6"}';
const queued = (...families: string[]) =>
  families.map((each) => `${sync}_last_queued_timestamp_seconds${each} 1.7964e+09\n`).join("");
const written = (...families: string[]) =>
  families.map((each) => `${sync}_last_timestamp_seconds${each} 1.7964e+09\n`).join("");
const help = `# HELP ${sync}_last_timestamp_seconds [STABLE] The last time proxy rules were synced\n`;

test.each([
  ["nothing", "", false],
  ["loops that have begun", help + queued(four, six), false],
  ["one family of two", queued(four, six) + help + written(four), false],
  ["both families", queued(four, six) + help + written(six, four), true],
  ["the only family", queued(four) + written(four), true],
  [
    "rules that were partly tried",
    `${queued(four)}${sync}_full_proxy_rules_duration_seconds_count${four} 1\n`,
    false,
  ],
  ["no families, not yet", `${queued("")}${sync}_last_timestamp_seconds 0\n`, false],
  ["no families, and they are written", queued("") + written(""), true],
])("metrics with %s", (_, metrics, are) => {
  expect(hasWrittenRules(metrics)).toBe(are);
});

test("it waits for a page that says so", async () => {
  const answers = [
    [503, written(four)],
    [200, queued(four, six)],
    [200, queued(four, six) + written(four, six)],
  ] as const;
  let asked = 0;
  const server = createServer((_request, response) => {
    const [status, page] = answers[asked] ?? [500, ""];
    asked += 1;
    response.writeHead(status).end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await kubeProxySynced(`http://127.0.0.1:${port}/metrics`, new AbortController().signal);
  server.close();
  expect(asked).toBe(answers.length);
});

test("it ends with its signal", async () => {
  const stop = new AbortController();
  const waiting = kubeProxySynced("http://127.0.0.1:1/metrics", stop.signal);
  stop.abort();
  await expect(waiting).rejects.toThrow(/abort/);
});
