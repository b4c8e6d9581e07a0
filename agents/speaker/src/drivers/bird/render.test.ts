// The include's text against goldens, which the lab test also feeds to a real BIRD.

import { noRoutes } from "@sealane/core";
import { describe, expect, test } from "vitest";
import { announced, toward, wish } from "../contract.ts";
import { parseInclude } from "./parse-include.ts";
import { bootOf, includePattern, renderInclude } from "./render.ts";

const context = { originatePath: "/run/sealane/bird/originate.conf", boot: "11111111-2222/4:4026531840" };

const full = wish(
  [
    { prefix: "10.2.1.0/24", nextHops: ["10.10.0.21"], cluster: "b", purpose: "pods of node b1" },
    toward("10.200.0.1/32", "10.10.0.21", "10.10.0.22", "10.10.0.23"),
    toward("fd00:200::1/128", "fd10::21", "fd10::22"),
  ],
  [{ prefix: "10.1.1.0/24", purpose: "pods" }, announced("10.96.7.1/32"), announced("fd00:96::7:1/128")],
);

describe("the include for BIRD", () => {
  for (const [name, desired] of [
    ["full", full],
    ["empty", noRoutes],
  ] as const) {
    test(`${name}: as its golden`, async () => {
      const { install, originate } = renderInclude(desired, context);
      await expect(install).toMatchFileSnapshot(`golden/${name}.sealane.conf`);
      await expect(originate).toMatchFileSnapshot(`golden/${name}.originate.conf`);
    });

    test(`${name}: read back, it is the wish again`, () => {
      expect(parseInclude(renderInclude(desired, context))).toEqual(desired);
    });
  }

  test("the originating file names its boot", () => {
    expect(bootOf(renderInclude(full, context).originate)).toBe(context.boot);
    expect(bootOf("# by hand")).toBeUndefined();
  });

  test("an include pattern has every part in a class of one character", () => {
    expect(includePattern("/run/sealane/bird/originate.conf")).toBe(
      "/[r]un/[s]ealane/[b]ird/[o]riginate.conf",
    );
  });
});
