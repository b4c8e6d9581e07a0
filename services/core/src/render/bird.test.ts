// The text for BIRD: what it says of each family, that names from elsewhere cannot leave their comment, and that it
// reads back as the wish.

import fc from "fast-check";
import { expect, test } from "vitest";
import { formatPrefix, hostPrefix } from "../prefix.ts";
import { formatAddress } from "../address.ts";
import { renderBird } from "./bird.ts";
import { parseBird } from "./parse-bird.ts";

const wish = {
  install: [
    { prefix: "10.2.0.7/32", nextHops: ["10.10.0.21", "10.10.0.22"], cluster: "b", purpose: "shop/web" },
    { prefix: "fd00:2::7/128", nextHops: ["fd10::21"], cluster: "b", purpose: "shop/web" },
  ],
  originate: [{ prefix: "10.1.1.0/24", purpose: "pods of node a1" }],
  withheld: [],
};

const whole = (given: Parameters<typeof renderBird>[0]) => {
  const { functions, install, originate } = renderBird(given);
  return [functions, install, originate].join("\n");
};

test("each family has its protocol, and only what is announced may leave", () => {
  const { functions, install, originate } = renderBird(wish);
  expect(functions).toContain('if proto = "sealane_originate4" then return net ~ [\n    10.1.1.0/24\n  ];');
  expect(functions).not.toContain("sealane_originate6");
  expect(install).toContain("route 10.2.0.7/32 via 10.10.0.21 via 10.10.0.22;");
  expect(install.split("sealane_install6")[1]).toContain("route fd00:2::7/128 via fd10::21;");
  expect(originate).toContain("route 10.1.1.0/24 blackhole;");
});

test("a name from another cluster stays in its comment", () => {
  const evil = "x\n  route 0.0.0.0/0 via 192.0.2.1;\n#\u2028";
  const [first] = wish.install;
  const text = whole({ ...wish, install: [{ ...first!, cluster: evil, purpose: evil }] });
  expect(text.split("\n").filter((line) => line.includes("0.0.0.0/0") && !line.startsWith("  # "))).toEqual(
    [],
  );
});

test("whatever was wanted is read back", () => {
  const address = fc
    .bigInt({ min: 1n, max: (1n << 32n) - 2n })
    .map((value) => ({ family: 4 as const, value }));
  const install = fc.record({
    prefix: address.map((it) => formatPrefix(hostPrefix(it))),
    nextHops: fc.array(address.map(formatAddress), { minLength: 1, maxLength: 4 }),
    cluster: fc.constantFrom("a", "b-1"),
    purpose: fc.constantFrom("shop/web", "mesh-dns", "pods of node b1"),
  });
  const originate = fc.record({
    prefix: address.map((it) => formatPrefix(hostPrefix(it))),
    purpose: fc.constantFrom("shop/web", "pods of node a1"),
  });
  const wishes = fc.record({ install: fc.array(install), originate: fc.array(originate) });
  fc.assert(
    fc.property(wishes, (some) => {
      const given = { ...some, withheld: [] };
      expect(parseBird(whole(given))).toEqual(given);
    }),
  );
});
