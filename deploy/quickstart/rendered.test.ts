// Reading back what agents render.

import { expect, test } from "vitest";
import { parseRoutes, parseZones } from "./rendered.ts";

test("routes with next hops are read, announcements are not", () => {
  const text = `
protocol static sealane_install4
{
  ipv4 { preference 50; };
  # a: shop/web
  route 10.192.0.80/32 via 172.30.1.11 via 172.30.1.12;
  route 10.64.1.0/24 via 172.30.1.12;
}
protocol static sealane_install6
{
  route fd00:192::50/128 via fd00:30::1:11;
}
protocol static sealane_originate4
{
  route 10.65.0.0/24 blackhole;
}
`;
  expect([...parseRoutes(text)]).toEqual([
    ["10.192.0.80/32", ["172.30.1.11", "172.30.1.12"]],
    ["10.64.1.0/24", ["172.30.1.12"]],
    ["fd00:192::50/128", ["fd00:30::1:11"]],
  ]);
});

test("forwarded zones are read, zones that are answered in place are not", () => {
  const text = `a.mesh.example:5300 {
    bind 127.0.0.1
    forward . 10.192.0.53:1053 [fd00:192::35]:1053 {
        max_fails 1
    }
}
mesh.example:5300 {
    template IN SOA mesh.example {
        fallthrough
    }
}
`;
  expect([...parseZones(text)]).toEqual([["a.mesh.example", ["10.192.0.53:1053", "[fd00:192::35]:1053"]]]);
});

test("nothing is read from nothing", () => {
  expect([...parseRoutes(""), ...parseZones("")]).toEqual([]);
});
