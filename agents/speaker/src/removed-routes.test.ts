// Which lines of `ip monitor route` mean that a route of the daemon went. The lines are iproute2's own.

import { expect, test } from "vitest";
import { removedPrefix } from "./removed-routes.ts";

test.each([
  ["Deleted 10.65.1.0/24 via 172.30.11.11 dev eth0 proto bird metric 32 ", "10.65.1.0/24"],
  ["Deleted 10.192.7.9 proto bird metric 32 ", "10.192.7.9/32"],
  [
    "Deleted fd00:10:65:0::/64 via fd00:30::11:11 dev eth0 proto bird metric 32 pref medium",
    "fd00:10:65::/64",
  ],
  ["Deleted fd00:5ea2::9 via fd00:30::11:11 dev eth0 proto bird metric 32 pref medium", "fd00:5ea2::9/128"],
])("%s", (line, prefix) => {
  expect(removedPrefix(line)).toBe(prefix);
});

test.each([
  "10.65.1.0/24 via 172.30.11.11 dev eth0 proto bird metric 32 ",
  "Deleted 10.65.1.0/24 via 172.30.11.11 dev eth0 proto static ",
  "Deleted local 10.65.1.1 dev eth0 table local proto kernel scope host src 10.65.1.1 ",
  "Deleted default via 172.30.0.1 dev eth0 proto bird metric 32 ",
  "\tnexthop via 172.30.11.12 dev eth0 weight 1 ",
  "Deleted nonsense proto bird ",
])("%s: nothing", (line) => {
  expect(removedPrefix(line)).toBeUndefined();
});
