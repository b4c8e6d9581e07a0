// Half a site is refused with the flag that is missing, and its flags mean nothing elsewhere.

import { expect, test } from "vitest";
import { siteOf } from "./options.ts";

const whole = { directory: "m", output: "o", state: "s" };

test("a site is its three folders", () => {
  expect(siteOf({})).toBeUndefined();
  expect(siteOf(whole)).toEqual({
    manifests: "m",
    output: "o",
    state: "s",
    hub: undefined,
    tokenFile: undefined,
    clustersetIpRanges: [],
  });
});

test.each([
  [{ directory: "m", output: "o" }, "--directory needs --state too"],
  [{ directory: "m", state: "s" }, "--directory needs --output too"],
  [{ tokenFile: "t" }, "--token-file has a meaning with --directory only"],
  [{ clustersetIpRange: ["10.0.0.0/24"] }, "--clusterset-ip-range has a meaning with --directory only"],
  [
    { ...whole, clustersetIpRange: ["10.0.0.0/24", "10.1.0.0/24"] },
    "--clusterset-ip-range is given twice for one family",
  ],
])("refuses %j", (flags, problem) => {
  expect(siteOf(flags)).toEqual({ problem });
});
