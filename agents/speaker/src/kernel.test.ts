// iproute2's JSON as 6.1 gave it, recorded.

import { expect, test } from "vitest";
import { parseLink, parseRoute } from "./kernel.ts";

test("routes: several next hops, one, on-link, default, typed", () => {
  const hop = (gateway: string) => ({ gateway, dev: "eth0", weight: 1, flags: [] });
  const wide = {
    dst: "10.200.0.1",
    protocol: "bird",
    metric: 32,
    flags: [],
    nexthops: [hop("10.10.0.12"), hop("10.10.0.11")],
  };
  expect(parseRoute(wide, 4)).toEqual({
    prefix: "10.200.0.1/32",
    type: "unicast",
    protocol: "bird",
    metric: 32,
    nextHops: ["10.10.0.11", "10.10.0.12"],
  });
  expect(parseRoute({ dst: "default", gateway: "192.0.2.1", dev: "eth0", flags: [] }, 4)).toMatchObject({
    prefix: "0.0.0.0/0",
    protocol: "boot",
    nextHops: ["192.0.2.1"],
  });
  expect(
    parseRoute({ dst: "fd10::/64", dev: "eth0", protocol: "kernel", metric: 256, flags: [] }, 6),
  ).toMatchObject({
    prefix: "fd10::/64",
    nextHops: [],
  });
  expect(
    parseRoute({ type: "blackhole", dst: "fd00::1", dev: "lo", protocol: "bird", metric: 32, flags: [] }, 6),
  ).toMatchObject({
    prefix: "fd00::1/128",
    type: "blackhole",
  });
  const mixed = { dst: "10.9.0.0/16", via: { family: "inet6", host: "fe80::1" }, dev: "eth0", flags: [] };
  expect(parseRoute(mixed, 4).nextHops).toEqual(["fe80::1"]);
});

test("on-link networks: no loopback, no link-local; the far end of a point-to-point link", () => {
  const link = {
    ifname: "eth0",
    addr_info: [
      { family: "inet", local: "10.10.0.1", prefixlen: 24, scope: "global" },
      { family: "inet", local: "10.99.0.1", address: "10.99.0.2", prefixlen: 32, scope: "global" },
      { family: "inet6", local: "fd10::1", prefixlen: 64, scope: "global" },
      { family: "inet6", local: "fe80::1", prefixlen: 64, scope: "link" },
    ],
  };
  expect(parseLink(link)).toEqual([
    { prefix: "10.10.0.0/24", address: "10.10.0.1", link: "eth0" },
    { prefix: "10.99.0.2/32", address: "10.99.0.1", link: "eth0" },
    { prefix: "fd10::/64", address: "fd10::1", link: "eth0" },
  ]);
  expect(
    parseLink({ ifname: "lo", addr_info: [{ local: "127.0.0.1", prefixlen: 8, scope: "host" }] }),
  ).toEqual([]);
});
