// What `sealane check` makes of reports: wrong, not known and well are three answers, and the number of checks says
// what "well" stands on.

import { expect, test } from "vitest";
import { tableColumnsMax } from "../print/table.ts";
import { renderListing } from "../print/document.ts";
import { checkKind, checkLines, toCheckReport } from "./check.ts";
import type { Cluster, Report } from "./cluster.ts";
import { unwell } from "./fixtures.testing.ts";
import { toStatus } from "./status.ts";

const now = Date.UTC(2026, 10, 21, 12, 0, 0);
const ago = (seconds: number) => new Date(now - seconds * 1_000).toISOString();

function report(node: string | null, fields: Partial<Report> = {}): Report {
  return {
    node,
    observedAt: ago(3),
    counts: [
      { kind: "routes", desired: 4, observed: 3 },
      { kind: "checks", desired: 10, observed: 10 },
    ],
    findings: [],
    ...fields,
  };
}

function cluster(name: string, fields: Partial<Cluster> = {}): Cluster {
  return {
    name,
    agent: "ready",
    lastSeen: ago(1),
    version: "0.1.0",
    address: null,
    asn: null,
    awaited: [],
    nodes: 2,
    exports: 0,
    ranges: { admitted: 1, quarantined: 0 },
    shardsWanted: 1,
    frames: { sent: 1, acknowledged: 1 },
    clockOffsetSeconds: null,
    reports: [report(null), report(`${name}1`), report(`${name}2`)],
    ...fields,
  };
}

const forwarding = {
  subject: "net.ipv4.ip_forward",
  reason: "ForwardingOff",
  message: "net.ipv4.ip_forward is 0; it must be 1",
};
const unread = { subject: "kube-proxy", reason: "CheckNotMade", message: "Cannot read it: refused" };

test("all well, and by how many checks", () => {
  const checked = toCheckReport([cluster("a")], now);
  expect(checked).toMatchObject({
    answer: "yes",
    findings: [],
    clusters: [{ name: "a", answer: "yes", nodes: 2, checks: 30, well: 30 }],
  });
  expect(checkLines(checked)).toEqual(["a: all well, by 30 checks of the cluster and 2 nodes"]);
});

test("what is wrong has its place, what was seen, and the cure", () => {
  const counts = [{ kind: "checks", desired: 10, observed: 9 }];
  const reports = [report(null), report("a1", { counts, findings: [unread, forwarding] }), report("a2")];
  const checked = toCheckReport([cluster("a", { reports }), cluster("b")], now);
  expect(checked.answer).toBe("no");
  expect(checked.findings).toMatchObject([
    {
      cluster: "a",
      node: "a1",
      reason: "ForwardingOff",
      answer: "no",
      message: "net.ipv4.ip_forward is 0; it must be 1",
      cure: expect.stringContaining("/etc/sysctl.d"),
    },
    {
      cluster: "a",
      node: "a1",
      reason: "CheckNotMade",
      answer: "unknown",
      message: "kube-proxy: Cannot read it: refused",
    },
  ]);
  expect(checkLines(checked)).toEqual([
    expect.stringMatching(/^ForwardingOff: The node drops/),
    expect.stringMatching(/^CheckNotMade: What a check/),
    "a: not well, by 30 checks of the cluster and 2 nodes (1 wrong)",
    "b: all well, by 30 checks of the cluster and 2 nodes",
  ]);
});

test.each<[what: string, Cluster, message: string]>([
  ["a silent agent", cluster("a", { agent: "silent", lastSeen: ago(240) }), "its agent is silent for 4m"],
  ["an agent that never came", cluster("a", { agent: "unknown", lastSeen: null }), "has not connected"],
  [
    "an old report",
    cluster("a", { reports: [report(null), report("a1", { observedAt: ago(180) }), report("a2")] }),
    "the newest report of the speaker on a1 is 3m old",
  ],
  [
    "a node without a speaker",
    cluster("a", { reports: [report(null), report("a1")] }),
    "1 of 2 nodes have no speaker that reports",
  ],
  [
    "an agent that has not reported",
    cluster("a", { reports: [report("a1"), report("a2")] }),
    "the agent has not reported yet",
  ],
  [
    "a speaker that makes no checks",
    cluster("a", { reports: [report(null), report("a1"), report("a2", { counts: [] })] }),
    "a2 reports no checks yet",
  ],
])("%s is not known to be well", (_what, given, message) => {
  const checked = toCheckReport([given], now);
  expect(checked.answer).toBe("unknown");
  expect(checked.findings.map((finding) => finding.message)).toEqual([expect.stringContaining(message)]);
});

test("a service without ready pods is nothing that a check is about; a reason of a newer version may be", () => {
  const withheld = { subject: "10.96.0.7/32", reason: "NoReadyEndpoints", message: "no ready pod" };
  const newer = { subject: "x", reason: "SomethingNewer", message: "seen" };
  const answer = (finding: typeof withheld) => {
    const reports = [report(null), report("a1", { findings: [finding] }), report("a2")];
    return toCheckReport([cluster("a", { reports })], now).findings.map(({ reason }) => reason);
  };
  expect(answer(withheld)).toEqual([]);
  expect(answer(newer)).toEqual(["SomethingNewer"]);
});

test("no cluster at all says nothing", () => {
  expect(toCheckReport([], now).answer).toBe("unknown");
});

test("the table keeps within 100 columns, and the wide one has the cure in each line", async () => {
  const reports = [report(null, { findings: [forwarding] }), report("a1"), report("a2")];
  const { findings } = toCheckReport([cluster("a", { reports })], now);
  const listing = { kind: checkKind, items: findings };
  const table = await renderListing(listing, "table", { colour: false, now });
  expect(table.split("\n")[1]).toMatch(/^a +- +ForwardingOff +net\.ipv4\.ip_forward is 0; it must be 1$/);
  expect(table.split("\n").filter((line) => line.length > tableColumnsMax)).toEqual([]);
  expect(await renderListing(listing, "wide", { colour: false, now })).toContain("CURE");
  expect(await renderListing(listing, "name", { colour: false, now })).toBe("finding/a/ForwardingOff\n");
});

test("status calls what could not be looked at unknown, and what is wrong before it", () => {
  const answer = (findings: readonly { subject: string; reason: string; message: string }[]) => {
    const [first] = unwell.clusters;
    const reports = first?.reports.map((it) => ({ ...it, findings })) ?? [];
    const clusters = first === undefined ? [] : [{ ...first, reports: reports as typeof first.reports }];
    const [judged] = toStatus("hub", { ...unwell, clusters, refusedDocuments: [] }, [], now).clusters;
    return [judged?.healthy, judged?.reason];
  };
  expect(answer([unread])).toEqual(["unknown", "CheckNotMade"]);
  expect(answer([unread, forwarding])).toEqual(["no", "ForwardingOff"]);
});
