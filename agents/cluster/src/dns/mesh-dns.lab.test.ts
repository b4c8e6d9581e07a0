// What we render, written by our writer, served by real CoreDNS processes in network namespaces: two clusters'
// mesh-dns that ask each other, and a cluster's own CoreDNS with our stub.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DesiredNames, Stub } from "@sealane/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "./beacon.ts";
import { frontCorefile } from "./front.ts";
import { peersCorefile } from "./peers.ts";
import { placeFile } from "./place.ts";
import type { Namespace, Running } from "./real-coredns.ts";
import { corednsPath, eventually, openNamespace } from "./real-coredns.ts";
import type { Ask } from "./rollout.ts";
import { withStub } from "./stub.ts";
import { kubeadmCorefile as kubeadm } from "./testing/kubeadm.ts";
import type { Writer, WriterEvent } from "./writer.ts";
import { startWriter } from "./writer.ts";

const meshZone = "mesh.example";
const addresses = { a: ["10.101.0.53", "fd00:101::53"], b: ["10.102.0.53", "fd00:102::53"] };
const stubOf = (cluster: "a" | "b"): Stub => ({
  zone: `${cluster}.${meshZone}`,
  meshZone,
  addresses: addresses[cluster],
  port: 1053,
});
const silent = (cluster: string): Stub => ({
  ...stubOf("b"),
  zone: `${cluster}.${meshZone}`,
  addresses: ["10.9.9.9"],
});

let coredns: string;
let folder: string;
const namespaces: Namespace[] = [];

beforeAll(async () => {
  coredns = await corednsPath();
  folder = await mkdtemp(join(tmpdir(), "sealane-dns-"));
  for (const name of ["a", "b", "c"])
    namespaces.push(await openNamespace(`sealane-dns-${process.pid}-${name}`));
  await connect(namespace("a"), namespace("b"), 1);
  await connect(namespace("a"), namespace("c"), 2);
  for (const [cluster, each] of Object.entries(addresses)) {
    for (const address of each) await namespace(cluster).ip("address", "add", address, "dev", "lo", "nodad");
  }
});

afterAll(async () => {
  for (const each of namespaces) await each.close();
  await rm(folder, { recursive: true });
});

function namespace(cluster: string): Namespace {
  const found = namespaces.find(({ name }) => name.endsWith(`-${cluster}`));
  if (found === undefined) throw new Error(`There is no namespace ${cluster}`);
  return found;
}

/** A cable between two namespaces, and routes to what hangs behind the other end. */
async function connect(left: Namespace, right: Namespace, network: number): Promise<void> {
  const ends = [
    {
      at: left,
      link: `to-${network}`,
      mine: 1,
      other: 2,
      behind: right.name.endsWith("-b") ? "102" : undefined,
    },
    { at: right, link: "uplink", mine: 2, other: 1, behind: "101" },
  ];
  const [near, far] = ends;
  if (near === undefined || far === undefined) return;
  await left.ip("link", "add", near.link, "type", "veth", "peer", "name", far.link, "netns", right.name);
  for (const { at, link, mine } of ends) {
    await at.ip("address", "add", `192.168.${network}.${mine}/24`, "dev", link);
    await at.ip("address", "add", `fd00:${network}::${mine}/64`, "dev", link, "nodad");
    await at.ip("link", "set", link, "up");
  }
  for (const { at, other, behind } of ends) {
    if (behind === undefined) continue;
    await at.ip("route", "add", `10.${behind}.0.0/16`, "via", `192.168.${network}.${other}`);
    await at.ip("route", "add", `fd00:${behind}::/64`, "via", `fd00:${network}::${other}`);
  }
}

function peersText(names: DesiredNames, own: readonly string[]) {
  const rendered = peersCorefile(names, own);
  if ("problem" in rendered) throw new Error(rendered.problem);
  return rendered;
}

/** The front as rendered, but for an API server that nobody is: it loads, and its own names are SERVFAIL. */
function frontText(cluster: "a" | "b"): string {
  const rendered = frontCorefile(stubOf(cluster));
  if ("problem" in rendered) throw new Error(rendered.problem);
  return withoutApiServer(rendered.text);
}

function withoutApiServer(corefile: string): string {
  return corefile.replaceAll(/^( *)(kubernetes .*\{)$/gm, "$1$2\n$1    endpoint http://127.0.0.1:1");
}

/** Starts CoreDNS and waits until it serves. */
async function serve(at: Namespace, file: string, more: readonly string[] = []): Promise<Running> {
  const running = at.start(coredns, ["-conf", file, ...more]);
  await eventually(`CoreDNS serves ${file}`, 20_000, () => {
    if (running.status() !== undefined) throw new Error(`CoreDNS ended:\n${running.output()}`);
    return running.output().includes("CoreDNS-1.15.0") ? true : undefined;
  });
  return running;
}

describe("the peers process and its writer", () => {
  const events: WriterEvent[] = [];
  let writer: Writer;
  let file: string;
  let peersProcess: Running;
  const here = { address: "127.0.0.1", port: 5300 };
  const probe = (name: string, type: "A" | "AAAA" | "NS" | "SOA" | "TXT") =>
    namespace("a").probe(name, type, here, 5_000);
  const ask: Ask = async (zone, server, deadlineMs) => {
    const answer = await namespace("a").probe(`gen.${zone}`, "TXT", server, deadlineMs);
    const [generation = ""] = answer.kind === "records" ? answer.records : [];
    return generation === "" ? { kind: "silent", code: answer.kind } : { kind: "generation", generation };
  };
  const lived = (generation: string) =>
    events.find((event) => event.kind === "live" && event.generation === generation);

  beforeAll(async () => {
    file = join(folder, "peers/Corefile");
    const place = { file, server: here, proofMs: 5_000 };
    writer = await startWriter(place, (event) => events.push(event), ask);
    peersProcess = await serve(namespace("a"), file, ["-dns.port", "5300"]);
  });

  afterAll(() => writer.stop());

  test("before its first configuration it refuses every name", async () => {
    expect(await probe(`b.${meshZone}`, "SOA")).toEqual({ kind: "failure", code: "EREFUSED" });
  });

  test("each configuration is live within five seconds of its replacement", async () => {
    const tookMs: number[] = [];
    const unknown = { ...silent("unknown"), addresses: [] };
    for (const peers of [
      [],
      [silent("c")],
      [silent("c"), silent("d")],
      [silent("d")],
      [stubOf("b"), unknown],
    ]) {
      const wish = { own: stubOf("a"), peers };
      const { text, generation } = peersText(wish, addresses.a);
      writer.offer(text);
      const event = await eventually(`generation ${generation} is live`, 6_000, () => lived(generation));
      if (event.kind === "live") tookMs.push(Math.round(event.afterMs));
    }
    console.log(`replacement of the file to its beacon, ms: ${tookMs.join(" ")}`);
    expect(Math.max(...tookMs)).toBeLessThan(5_000);
  });

  test("it answers for the mesh zone itself, and unknown clusters end here", async () => {
    const apex = [`ns.${meshZone} hostmaster.${meshZone} 1`];
    const rows: [name: string, type: "A" | "AAAA" | "NS" | "SOA" | "TXT", want: Answer][] = [
      [meshZone, "SOA", { kind: "records", records: apex }],
      [meshZone, "NS", { kind: "records", records: [`ns.${meshZone}`] }],
      [meshZone, "A", { kind: "noData" }],
      [`ns.${meshZone}`, "A", { kind: "records", records: ["10.101.0.53"] }],
      [`ns.${meshZone}`, "AAAA", { kind: "records", records: ["fd00:101::53"] }],
      [`ns.${meshZone}`, "TXT", { kind: "noData" }],
      [`web.shop.svc.nobody.${meshZone}`, "A", { kind: "noName" }],
      [`web.shop.svc.unknown.${meshZone}`, "A", { kind: "failure", code: "ESERVFAIL" }],
      ["example.org", "A", { kind: "failure", code: "EREFUSED" }],
    ];
    for (const [name, type, want] of rows)
      expect([name, type, await probe(name, type)]).toEqual([name, type, want]);
  });

  test("what CoreDNS would never recover from is refused, and the file stays", async () => {
    const before = events.length;
    for (const bad of [
      "",
      "# nothing\n",
      ".:5300 {\n    bind 127.0.0.1\n}\n",
      ".:53 {\n    reload 2s 0s\n}\n",
    ]) {
      writer.offer(bad);
      await eventually("it is refused", 2_000, () =>
        events.slice(before).findLast(({ kind }) => kind === "refused"),
      );
      events.splice(before);
    }
    expect((await probe(`gen.${meshZone}`, "TXT")).kind).toBe("records");
  });

  test.each([
    ["a syntax error", (text: string) => `${text}b {\n`, /parse failed|Failed to parse/i],
    [
      "an unknown option",
      (text: string) => text.replace("max_fails 1", "max_failures 1"),
      /unknown property|max_failures/,
    ],
  ])(
    "%s behind the writer's back keeps the old configuration, and the next good one repairs it",
    async (_, spoil, told) => {
      const old = await probe(`gen.${meshZone}`, "TXT");
      const next = peersText(
        { own: stubOf("a"), peers: [stubOf("b"), silent(`x${told.source.length}`)] },
        addresses.a,
      );
      const seen = peersProcess.output().length;
      await placeFile(file, spoil(next.text));
      await eventually("CoreDNS says why", 10_000, () =>
        told.test(peersProcess.output().slice(seen)) ? true : undefined,
      );
      expect(await probe(`gen.${meshZone}`, "TXT")).toEqual(old);
      writer.offer(next.text);
      await eventually("the good one is live", 8_000, () => lived(next.generation));
    },
  );
});

describe("two clusters and a cluster's own CoreDNS", () => {
  const mesh = (cluster: "a" | "b", port = 53) => ({ address: addresses[cluster][0] ?? "", port });

  beforeAll(async () => {
    await mkdir(join(folder, "b"));
    await writeFile(join(folder, "front-a"), frontText("a"));
    await serve(namespace("a"), join(folder, "front-a"));
    // Cluster b does not know its own zone, and its peers' block for it points back at a: the worst of circles.
    const circle = {
      own: { ...stubOf("b"), zone: `z.${meshZone}` },
      peers: [{ ...stubOf("a"), zone: `b.${meshZone}` }],
    };
    await writeFile(join(folder, "b/peers"), peersText(circle, addresses.b).text);
    await serve(namespace("b"), join(folder, "b/peers"), ["-dns.port", "5300"]);
    await writeFile(join(folder, "b/front"), frontText("b").replaceAll(`b.${meshZone}`, `z.${meshZone}`));
    await serve(namespace("b"), join(folder, "b/front"));
  });

  test("the front passes on the beacon, answers for no other name, and knows that it knows nothing", async () => {
    const at = namespace("c");
    expect((await at.probe(`gen.${meshZone}`, "TXT", mesh("a"), 2_000)).kind).toBe("records");
    const v6 = { address: addresses.a[1] ?? "", port: 53 };
    expect((await at.probe(`ns.${meshZone}`, "AAAA", v6, 2_000)).kind).toBe("records");
    expect(await at.probe("example.org", "A", mesh("a"), 2_000)).toEqual({
      kind: "failure",
      code: "EREFUSED",
    });
    const own = await at.probe(`web.shop.svc.a.${meshZone}`, "A", mesh("a"), 5_000);
    expect(own).toEqual({ kind: "failure", code: "ESERVFAIL" });
  });

  test("port 1053 serves the own zone only", async () => {
    for (const name of [meshZone, `gen.${meshZone}`, `x.b.${meshZone}`, "x.clusterset.local"]) {
      const answer = await namespace("c").probe(name, "TXT", mesh("a", 1053), 2_000);
      expect([name, answer]).toEqual([name, { kind: "failure", code: "EREFUSED" }]);
    }
  });

  test("a circle ends after one question", async () => {
    const questions = async () => {
      const metrics = await namespace("a").fetch("http://127.0.0.1:9154/metrics");
      const lines = metrics
        .split("\n")
        .filter((line) => /^coredns_dns_requests_total\{.*zone="b\.mesh\.example\."/.test(line));
      return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
    };
    const before = await questions();
    const answer = await namespace("c").probe(`round.b.${meshZone}`, "A", mesh("a"), 5_000);
    expect(answer).toEqual({ kind: "failure", code: "EREFUSED" });
    expect((await questions()) - before).toBe(1);
  });

  test("the stub stands beside kubeadm's Corefile, and leads to mesh-dns", async () => {
    const stubbed = withStub(kubeadm, { meshZone, addresses: addresses.a, version: [1, 15, 0] });
    if ("problem" in stubbed) throw new Error(stubbed.problem);
    await writeFile(join(folder, "cluster-dns"), withoutApiServer(stubbed.text));
    const running = await serve(namespace("c"), join(folder, "cluster-dns"));
    expect(running.output()).toContain(`${meshZone}.:53`);
    const here = { address: "127.0.0.1", port: 53 };
    const answer = await namespace("c").probe(`ns.${meshZone}`, "A", here, 2_000);
    expect(answer).toEqual({ kind: "records", records: ["10.101.0.53"] });
    await running.stop();
  });
});
