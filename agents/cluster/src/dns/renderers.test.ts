// The two Corefiles of mesh-dns: whole texts beside goldens, and what must never get into them.

import type { Stub } from "@sealane/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCorefile } from "./corefile.ts";
import { frontCorefile } from "./front.ts";
import { judgePeers } from "./judge.ts";
import { emptyPeersCorefile, peersCorefile } from "./peers.ts";

const stub = (cluster: string, addresses: string[], more: Partial<Stub> = {}): Stub => ({
  zone: `${cluster}.mesh.example`,
  meshZone: "mesh.example",
  addresses,
  port: 1053,
  ...more,
});
const own = stub("a", ["10.101.0.53", "fd00:101::53"]);
const ownAddresses = ["fd00:101::53", "10.101.0.53"];
const peers = [stub("c", ["10.103.0.53"]), stub("b", ["10.102.0.53", "fd00:102::53"])];

function rendered(with_: Partial<{ own: Stub; peers: Stub[]; addresses: string[] }> = {}) {
  const result = peersCorefile(
    { own: with_.own ?? own, peers: with_.peers ?? peers },
    with_.addresses ?? ownAddresses,
  );
  if ("problem" in result) throw new Error(result.problem);
  return result;
}

test("the front of cluster a", async () => {
  const front = frontCorefile(own);
  if ("problem" in front) throw new Error(front.problem);
  await expect(front.text).toMatchFileSnapshot("golden/front.corefile");
});

test("peers b and c of dual-stack cluster a", async () => {
  const { text, generation, zones, leftOut } = rendered();
  expect(zones).toEqual(["b.mesh.example", "c.mesh.example"]);
  expect(leftOut).toEqual([]);
  expect(judgePeers(text)).toEqual({ meshZone: "mesh.example", generation });
  await expect(text).toMatchFileSnapshot("golden/peers.corefile");
});

test("no peers of IPv6-only cluster a", async () => {
  await expect(rendered({ peers: [], addresses: ["fd00:101::53"] }).text).toMatchFileSnapshot(
    "golden/peers-none-ipv6.corefile",
  );
});

test("order of peers and addresses changes no byte; any address changes the generation", () => {
  const addresses = fc.uniqueArray(fc.ipV4(), { minLength: 1, maxLength: 5 });
  const clusters = fc.dictionary(fc.stringMatching(/^[a-f][0-9]$/), addresses, { minKeys: 1, maxKeys: 6 });
  fc.assert(
    fc.property(clusters, fc.infiniteStream(fc.nat()), (byCluster, order) => {
      const list = Object.entries(byCluster).map(([cluster, each]) => stub(cluster, each));
      const shuffled = list
        .map((peer) => ({ ...peer, addresses: peer.addresses.toReversed(), at: order.next().value }))
        .toSorted((x, y) => x.at - y.at);
      const first = rendered({ peers: list });
      expect(rendered({ peers: shuffled })).toEqual(first);
      const [changed, ...rest] = list;
      if (changed === undefined) return;
      const moved = { ...changed, addresses: [...changed.addresses, "fd00:dead::1"] };
      expect(rendered({ peers: [moved, ...rest] }).generation).not.toBe(first.generation);
    }),
  );
});

describe("a peer is left out", () => {
  const nobody: [name: string, peer: Stub, problem: RegExp][] = [
    ["with our own zone", stub("a", ["10.102.0.53"]), /own/],
    ["with a zone elsewhere", { ...stub("b", ["10.102.0.53"]), zone: "google.com" }, /not under/],
    ["with a zone two labels deep", stub("x.b", ["10.102.0.53"]), /one RFC 1123 label/],
    ["with a reserved name", stub("gen", ["10.102.0.53"]), /reserved/],
    ["with grammar in its zone", stub("b {\n}\n.", ["10.102.0.53"]), /RFC 1123/],
  ];
  test.each(nobody)("%s: as if it were not there", (_, peer, problem) => {
    const { zones, leftOut, text } = rendered({ peers: [peer, stub("d", ["10.104.0.53"])] });
    expect(zones).toEqual(["d.mesh.example"]);
    expect(leftOut).toEqual([{ zone: peer.zone, cause: "refused", problem: expect.stringMatching(problem) }]);
    expect(text).toBe(rendered({ peers: [stub("d", ["10.104.0.53"])] }).text);
  });

  const nowhere: [name: string, peer: Stub, cause: string, problem: RegExp][] = [
    ["without an address", stub("b", []), "unknown", /not known/],
    ["with an address of ours", stub("b", ["10.102.0.53", "10.101.0.53"]), "refused", /10\.101\.0\.53/],
    ["with a name for an address", stub("b", ["ns.example.org"]), "refused", /not an IPv4 or IPv6/],
    ["with an address that is not canonical", stub("b", ["fd00:0::53"]), "refused", /write "fd00::53"/],
    ["with a scope", stub("b", ["fe80::1%eth0"]), "refused", /not an IPv4 or IPv6/],
    ["with port 0", stub("b", ["10.102.0.53"], { port: 0 }), "refused", /port 0/],
  ];
  test.each(nowhere)("%s: its zone fails, and is not said to have no names", (_, peer, cause, problem) => {
    const { zones, leftOut, text } = rendered({ peers: [peer] });
    expect(zones).toEqual([]);
    expect(leftOut).toEqual([{ zone: peer.zone, cause, problem: expect.stringMatching(problem) }]);
    expect(text).toMatch(
      /^b\.mesh\.example:5300 \{[^}]*template ANY ANY b\.mesh\.example \{\s*rcode SERVFAIL/,
    );
    expect(text).not.toContain("forward");
  });

  test("given twice: once, whichever came first", () => {
    const both = [stub("b", ["10.102.0.53"]), stub("b", ["10.102.0.54"])];
    expect(rendered({ peers: both })).toEqual(rendered({ peers: both.toReversed() }));
    expect(rendered({ peers: both }).leftOut).toMatchObject([{ problem: expect.stringMatching(/twice/) }]);
  });
});

test("whatever a peer says, the text parses, is proven by its beacon, and holds only zones of the mesh", () => {
  const anyPeer = fc.record({
    zone: fc.oneof(
      fc.string(),
      fc.string().map((label) => `${label}.mesh.example`),
      fc.constant("b.mesh.example"),
    ),
    meshZone: fc.oneof(fc.string(), fc.constant("mesh.example")),
    addresses: fc.array(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6())),
    port: fc.oneof(fc.integer(), fc.double()),
  });
  fc.assert(
    fc.property(fc.array(anyPeer), (list) => {
      const { text, generation } = rendered({ peers: list });
      expect(judgePeers(text)).toEqual({ meshZone: "mesh.example", generation });
      const parsed = parseCorefile(text);
      if ("problem" in parsed) throw new Error(parsed.problem);
      for (const { zone } of parsed.blocks.flatMap((each) => each.zones)) {
        expect(zone).toMatch(/^(\.|([a-z0-9-]+\.)?mesh\.example)$/);
      }
    }),
  );
});

describe("nothing is rendered", () => {
  const wrong: [name: string, own: Stub, problem: RegExp][] = [
    ["for a mesh zone of one label", stub("a", [], { meshZone: "mesh", zone: "a.mesh" }), /one label/],
    ["for cluster.local", stub("a", [], { meshZone: "cluster.local", zone: "a.cluster.local" }), /\.local/],
    ["for a zone with grammar", stub("a", [], { meshZone: 'x" {' }), /lower-case letters/],
    ["for a cluster named ns", stub("ns", []), /reserved/],
  ];
  test.each(wrong)("%s", (_, ownStub, problem) => {
    const refusal = { problem: expect.stringMatching(problem) };
    expect(peersCorefile({ own: ownStub, peers }, ownAddresses)).toEqual(refusal);
    expect(frontCorefile(ownStub)).toEqual(refusal);
  });
  test("before the hub has sent the own zone", () => {
    const refusal = { problem: expect.stringMatching(/not sent/) };
    expect(peersCorefile({ own: undefined, peers }, ownAddresses)).toEqual(refusal);
  });
  test("before mesh-dns has an address", () => {
    expect(peersCorefile({ own, peers }, [])).toEqual({ problem: expect.stringMatching(/no address/) });
  });
});

test("the first file of all reloads, and serves nothing", () => {
  const parsed = parseCorefile(emptyPeersCorefile());
  expect(parsed).toMatchObject({ blocks: [{ zones: [{ zone: ".", port: 5300 }] }] });
  expect(emptyPeersCorefile()).toContain("reload 2s 0s");
});
