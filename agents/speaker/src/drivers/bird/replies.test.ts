// Answers as BIRD 2.0.12 gave them, recorded.

import { expect, test } from "vitest";
import { parseKernelProtocols, parseOurRoutes, parseRoutes } from "./replies.ts";

function reply(text: string) {
  const lines = text.split("\n").map((line) => ({ code: "1007", text: line }));
  return { code: "0000", lines };
}

test("routes of both tables, the daemon's choice, and hops in any order", () => {
  const answer = reply(
    [
      "Table master4:",
      "10.200.0.1/32        unicast [sealane_install4 11:26:23.420] * (50)",
      "\tvia 10.10.0.12 on eth0 weight 1",
      "\tvia 10.10.0.11 on eth0 weight 1",
      "10.200.0.2/32        unicast [bgp1 11:26:23.420] * (100) [AS65002i]",
      "\tvia 10.10.0.9 on eth0",
      "                     unicast [sealane_install4 11:26:23.420] (50)",
      "\tvia 10.10.0.11 on eth0",
      "10.210.0.1/32        blackhole [sealane_originate4 11:26:23.420] * (200)",
      "",
      "Table master6:",
      "fd00:200::1/128      unicast [sealane_install6 11:26:23.420] ! (50)",
      "\tvia fd10::11 on eth0 weight 1",
    ].join("\n"),
  );
  expect(parseOurRoutes(answer)).toEqual([
    { prefix: "10.200.0.1/32", kind: "install", nextHops: ["10.10.0.11", "10.10.0.12"], preferred: true },
    { prefix: "10.200.0.2/32", kind: "install", nextHops: ["10.10.0.11"], preferred: false },
    { prefix: "10.210.0.1/32", kind: "originate", nextHops: [], preferred: true },
    { prefix: "fd00:200::1/128", kind: "install", nextHops: ["fd10::11"], preferred: true },
  ]);
  expect(parseRoutes(answer).filter(({ protocol }) => protocol === "bgp1")).toMatchObject([
    { preferred: true },
  ]);
});

test("no such network is no route", () => {
  expect(parseRoutes({ code: "8001", lines: [{ code: "8001", text: "Network not found" }] })).toEqual([]);
});

test("the kernel protocols by name", () => {
  const answer = reply(
    [
      "Name       Proto      Table      State  Since         Info",
      "sealane_install4 Static     master4    up     11:26:23.420  ",
      "k4         Kernel     master4    up     11:26:23.420  ",
      "kernel_six Kernel     master6    up     11:26:23.420  ",
    ].join("\n"),
  );
  expect(parseKernelProtocols(answer)).toEqual(["k4", "kernel_six"]);
});
