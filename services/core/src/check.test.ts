// The sum and the lines of checks: "wrong" and "not known" are never the same, and never well.

import { expect, test } from "vitest";
import { notMade, renderChecks, tallyChecks, well, wrong } from "./check.ts";

const results = [
  notMade("kube-proxy", "no answer"),
  well("net.ipv4.ip_forward", "is 1"),
  wrong("eth0", "MtuBelowPods", "it carries 1400 bytes"),
];

test("a report counts what gave an answer, and tells what is wrong first", () => {
  expect(tallyChecks(results)).toEqual({
    count: { kind: "checks", desired: 2, observed: 1 },
    findings: [
      { subject: "eth0", reason: "MtuBelowPods", message: "it carries 1400 bytes" },
      { subject: "kube-proxy", reason: "CheckNotMade", message: "no answer" },
    ],
  });
  expect(tallyChecks([])).toEqual({ count: { kind: "checks", desired: 0, observed: 0 }, findings: [] });
});

test("a person gets a line for each check, the cure below what is wrong, and the sum", () => {
  const lines = renderChecks(results).split("\n");
  expect(lines[0]).toBe("well     net.ipv4.ip_forward  is 1");
  expect(lines[1]).toBe("unknown  kube-proxy           no answer");
  expect(lines[2]).toMatch(/^ {9}CheckNotMade: What a check looks at could not be read/);
  expect(lines[3]).toBe("wrong    eth0                 it carries 1400 bytes");
  expect(lines[4]).toMatch(/^ {9}MtuBelowPods: .*Raise the uplink's MTU/);
  expect(lines[5]).toBe("3 checks: 1 well, 1 wrong, 1 not known");
});
