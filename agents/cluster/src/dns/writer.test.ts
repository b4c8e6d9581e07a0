// The writer: what it writes, what it refuses, and that the newest configuration wins; as a function over a
// folder, and as the processes that a pod runs beside an API server.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Stub } from "@sealane/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { FakeApi } from "./fake-api.ts";
import { startFakeApi } from "./fake-api.ts";
import { frontCorefile } from "./front.ts";
import { judgePeers } from "./judge.ts";
import { emptyPeersCorefile, peersCorefile } from "./peers.ts";
import type { Ask } from "./rollout.ts";
import type { WriterEvent } from "./writer.ts";
import { startWriter } from "./writer.ts";

const stub = (cluster: string, address: string): Stub => ({
  zone: `${cluster}.mesh.example`,
  meshZone: "mesh.example",
  addresses: [address],
  port: 1053,
});
const own = stub("a", "10.101.0.53");
const server = { address: "127.0.0.1", port: 5300 };

function peers(...clusters: string[]) {
  const rendered = peersCorefile({ own, peers: clusters.map((name) => stub(name, "10.102.0.53")) }, [
    "10.101.0.53",
  ]);
  if ("problem" in rendered) throw new Error(rendered.problem);
  return rendered;
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sealane-writer-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe("over a folder", () => {
  const file = () => join(folder, "peers/Corefile");
  const text = () => readFile(file(), "utf8");
  const events: WriterEvent[] = [];
  beforeEach(() => {
    events.length = 0;
  });
  /** CoreDNS that serves whatever the file says. */
  const obedient: Ask = async () => {
    const beacon = judgePeers(await text());
    return "problem" in beacon
      ? { kind: "silent", code: "NONE" }
      : { kind: "generation", generation: beacon.generation };
  };
  const start = (ask: Ask, proofMs = 2_000) =>
    startWriter({ file: file(), server, proofMs }, (event) => events.push(event), ask);
  const until = (kind: WriterEvent["kind"]) =>
    vi.waitFor(() => expect(events.map((event) => event.kind)).toContain(kind), {
      timeout: 5_000,
      interval: 10,
    });

  test("it starts with a file that serves nothing, and carries each one until it is live", async () => {
    const writer = await start(obedient);
    expect(await text()).toBe(emptyPeersCorefile());
    writer.offer(peers("b").text);
    await until("live");
    expect(await text()).toBe(peers("b").text);
    expect(events.map(({ kind }) => kind)).toEqual(["started", "written", "live"]);
    expect(await readdir(join(folder, "peers"))).toEqual(["Corefile"]);
    await writer.stop();
  });

  test("started again it keeps what is there, and proves it without writing", async () => {
    await (await start(obedient)).stop();
    await writeFile(file(), peers("b").text);
    events.length = 0;
    const writer = await start(obedient);
    writer.offer(peers("b").text);
    await until("live");
    expect(events.map(({ kind }) => kind)).toEqual(["started", "live"]);
    await writer.stop();
  });

  test.each([
    ["nothing", "", /empty/],
    ["only white space", " \n\t\n", /empty/],
    ["only a comment", "# b.mesh.example {\n", /no reload line/],
    ["a text cut off", peers("b").text.slice(0, -5), /never closed/],
    ["no reload", peers("b").text.replace("reload 2s 0s", "errors"), /last one/],
    [
      "a health line",
      peers("b").text.replace("reload 2s 0s", "reload 2s 0s\n    health"),
      /holds reloads up/,
    ],
    ["another port", peers("b").text.replace("b.mesh.example:5300", "b.mesh.example:53"), /not on port 5300/],
    ["another address", peers("b").text.replace("bind 127.0.0.1", "bind 0.0.0.0"), /not bound/],
    ["a zone twice", peers("b", "c").text.replaceAll("c.mesh.example", "b.mesh.example"), /served twice/],
    ["an import", `import other\n${peers("b").text}`, /not part of it/],
    ["no beacon", peers("b").text.replaceAll(/0 IN TXT \w+/g, "0 IN TXT x"), /no beacon/],
  ])("%s is refused, and the file stays", async (_, bad, problem) => {
    const writer = await start(obedient);
    writer.offer(peers("b").text);
    await until("live");
    writer.offer(bad);
    await until("refused");
    expect(events.at(-1)).toEqual({ kind: "refused", problem: expect.stringMatching(problem) });
    expect(await text()).toBe(peers("b").text);
    await writer.stop();
  });

  test("a ConfigMap that goes takes nothing away", async () => {
    const writer = await start(obedient);
    writer.offer(peers("b").text);
    await until("live");
    writer.offer(undefined);
    await until("missing");
    expect(await text()).toBe(peers("b").text);
    await writer.stop();
  });

  test("a configuration that CoreDNS does not take is called unproven, and asked for until it does", async () => {
    let taken = false;
    const writer = await start(
      async (...question) => (taken ? obedient(...question) : { kind: "generation", generation: "old00000" }),
      150,
    );
    writer.offer(peers("b").text);
    await until("unproven");
    expect(events.at(-1)).toMatchObject({
      generation: peers("b").generation,
      problem: expect.stringMatching(/old00000/),
    });
    taken = true;
    await until("live");
    await writer.stop();
  });

  test("a newer configuration does not wait for the proof of an older one", async () => {
    const newest = peers("b", "c", "d");
    const writer = await start(async () => ({ kind: "generation", generation: newest.generation }), 60_000);
    writer.offer(peers("b").text);
    await until("written");
    writer.offer(peers("b", "c").text);
    writer.offer(newest.text);
    await until("live");
    expect(await text()).toBe(newest.text);
    expect(events.filter(({ kind }) => kind === "live")).toHaveLength(1);
    await writer.stop();
  });
});

describe("as a process beside an API server", () => {
  const main = new URL("writer-main.ts", import.meta.url).pathname;
  let api: FakeApi;
  let kubeconfig: string;

  beforeEach(async () => {
    api = await startFakeApi();
    kubeconfig = join(folder, "kubeconfig");
    const config = {
      "current-context": "fake",
      contexts: [{ name: "fake", context: { cluster: "fake", user: "fake" } }],
      clusters: [{ name: "fake", cluster: { server: api.url, "insecure-skip-tls-verify": true } }],
      users: [{ name: "fake", user: {} }],
    };
    await writeFile(kubeconfig, JSON.stringify(config));
  });
  const children: ChildProcess[] = [];
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    await api.close();
  });

  function start(...words: string[]) {
    const child = spawn(process.execPath, [
      main,
      "--kubeconfig",
      kubeconfig,
      "--directory",
      folder,
      ...words,
    ]);
    children.push(child);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (output += String(part)));
    return { child, exited: once(child, "exit"), output: () => output };
  }
  const front = frontCorefile(own);
  const frontText = "text" in front ? front.text : "";

  test("--once waits for the front, then writes both files and ends", async () => {
    const { exited, output } = start("--once");
    await vi.waitFor(
      () => expect(output()).toMatch(/Waiting for ConfigMap \\"sealane-system\/mesh-dns-front/),
      10_000,
    );
    api.put("sealane-system", "mesh-dns-peers", { Corefile: peers("b").text });
    api.put("sealane-system", "mesh-dns-front", { Corefile: frontText });
    expect(await exited).toEqual([0, null]);
    expect(await readFile(join(folder, "front/Corefile"), "utf8")).toBe(frontText);
    // Whether the peers were there a moment before the front or not, CoreDNS has a file to start with.
    const first = await readFile(join(folder, "peers/Corefile"), "utf8");
    expect([peers("b").text, emptyPeersCorefile()]).toContain(first);
  });

  test("--once takes the peers that are there", async () => {
    api.put("sealane-system", "mesh-dns-peers", { Corefile: peers("b").text });
    api.put("sealane-system", "mesh-dns-front", { Corefile: frontText });
    const { exited } = start("--once");
    expect(await exited).toEqual([0, null]);
    expect(await readFile(join(folder, "peers/Corefile"), "utf8")).toBe(peers("b").text);
  });

  test("it carries every change, tells its health and metrics, and ends when asked", async () => {
    const port = await freePort();
    const { child, exited } = start("--metrics-port", String(port));
    const body = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    await vi.waitFor(async () => expect(await body("/healthz")).toBe("ok\n"), 10_000);
    for (const clusters of [["b"], ["b", "c"], ["c"]]) {
      api.put("sealane-system", "mesh-dns-peers", { Corefile: peers(...clusters).text });
      await vi.waitFor(
        async () =>
          expect(await readFile(join(folder, "peers/Corefile"), "utf8")).toBe(peers(...clusters).text),
        { timeout: 5_000, interval: 20 },
      );
    }
    // The file is there a moment before its replacement is counted.
    await vi.waitFor(
      async () =>
        expect(await body("/metrics")).toMatch(/sealane_mesh_dns_writer_events_total\{kind="written"\} 3/),
      { timeout: 5_000, interval: 20 },
    );
    expect(await body("/metrics")).toMatch(/sealane_mesh_dns_newest_configuration_live 0/);
    child.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
  });
});

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  listener.close();
  return port;
}
