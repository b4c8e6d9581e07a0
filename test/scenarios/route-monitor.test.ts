import { describe, expect, it } from "vitest";
import { parseRouteChange } from "./route-monitor.ts";

describe("a line of the route monitor", () => {
  it("gives every next hop of a set", () => {
    const line =
      "[2026-11-21T11:50:38.123456] 10.112.0.9 proto bird metric 32 \\\tnexthop via 172.30.10.11 dev eth0 weight 1 \\\tnexthop via 172.30.10.12 dev eth0 weight 1 ";
    expect(parseRouteChange("b1", line)).toEqual({
      atUnixMs: Date.UTC(2026, 10, 21, 11, 50, 38, 123),
      machine: "b1",
      change: "set",
      destination: "10.112.0.9",
      nextHops: ["172.30.10.11", "172.30.10.12"],
      protocol: "bird",
    });
  });

  it("tells a deletion", () => {
    const line =
      "[2026-11-21T11:50:38.123456] Deleted fd00:10:112::9 via fd00:30::10:11 dev eth0 proto bird metric 32 pref medium";
    expect(parseRouteChange("b1", line)).toMatchObject({ change: "deleted", destination: "fd00:10:112::9" });
  });

  it("passes over what is no route", () => {
    expect(parseRouteChange("b1", "[2026-11-21T11:50:38.123456] something else")).toBeUndefined();
  });
});
