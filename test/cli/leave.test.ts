// `sealane leave`: what a person sees while a cluster leaves, what is left behind, and what a wait that ends says.

import { afterEach, expect, test } from "vitest";
import { AdminDepartureState } from "@sealane/wire";
import type { AdminHandlers, admin } from "@sealane/wire";
import { createAuthority } from "./certificates.ts";
import { startFakeHub } from "./fake-hub.ts";
import { configFolder, invoke } from "./invoke.ts";
import { writeConfig } from "./write-config.ts";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

type Standing = Partial<Pick<admin.DepartureInfo, "state" | "waitingFor" | "things" | "thingsGone">> & {
  readonly leftBehind?: { subject: string; reason: string; message: string }[];
};

const { WITHDRAWING, DISMISSED, LEFT } = AdminDepartureState;
const behind = { subject: "BIRD on the nodes", reason: "LeftBehind", message: "its main file is yours" };

/** A hub at which the leaving stands so at each look, the last one from then on; gives the configuration of a role. */
async function hubWith(
  looks: readonly Standing[],
  role = "admin",
): Promise<{ config: string; forced: () => boolean }> {
  const files = await configFolder();
  const authority = await createAuthority("hub");
  const server = await authority.issue({ name: "hub", usage: "server", hosts: ["127.0.0.1"] });
  const rest = [...looks];
  let forced = false;
  const next = (cluster: string) => ({
    departure: { cluster, ...(rest.length > 1 ? rest.shift() : rest[0]) },
  });
  const handlers: Partial<AdminHandlers> =
    looks.length === 0
      ? {}
      : {
          leaveCluster: async ({ cluster, force }) => {
            forced = force;
            return next(cluster);
          },
          getDeparture: async ({ cluster }) => next(cluster),
        };
  const hub = await startFakeHub({ ca: authority.certificate, server, handlers });
  closers.push(() => files.close(), hub.close);
  const person = await authority.issue({ name: `jo-${role}`, usage: "client", role });
  return {
    config: await writeConfig(files, role, hub.address, authority.certificate, person),
    forced: () => forced,
  };
}

test("follows it to the end, and says what is left behind", async () => {
  const { config, forced } = await hubWith([
    { state: WITHDRAWING, waitingFor: ["b (no report since from b1)"] },
    { state: DISMISSED, things: 7n, thingsGone: 3n, waitingFor: ["d (its agent takes away what is there)"] },
    { state: LEFT, leftBehind: [behind] },
  ]);
  const { code, stdout, stderr } = await invoke(["--config", config, "leave", "cluster/d"]);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: "cluster/d left\nLeft behind there:\n  BIRD on the nodes: its main file is yours\n",
  });
  expect(stderr.split("\n")).toEqual([
    "d: the other clusters let go of it, waiting for b (no report since from b1)",
    "d: 3 of 7 things are gone there, waiting for d (its agent takes away what is there)",
    "",
  ]);
  expect(forced()).toBe(false);
});

test("a wait that ends names whom it waited for and how to go on", async () => {
  const { config } = await hubWith([{ state: WITHDRAWING, waitingFor: ["c (its agent is silent)"] }]);
  const { code, stderr } = await invoke(["--config", config, "leave", "d", "--within", "300ms"]);
  expect(code).toBe(124);
  expect(stderr).toMatch(
    /Cluster "d" has not left within 0\.3 s: .*still waiting for c \(its agent is silent\)/,
  );
  expect(stderr).toContain("sealane leave d --force");
});

test("begins without waiting, and forces, when told to", async () => {
  const { config, forced } = await hubWith([{ state: WITHDRAWING, waitingFor: ["c (its agent is silent)"] }]);
  const { code, stdout } = await invoke(["--config", config, "leave", "d", "--no-wait", "--force"]);
  expect({ code, stdout, forced: forced() }).toEqual({
    code: 0,
    stdout: "cluster/d is leaving\n",
    forced: true,
  });
});

test("is a document for programs", async () => {
  const { config } = await hubWith([{ state: LEFT, leftBehind: [behind] }]);
  const { stdout } = await invoke(["--config", config, "leave", "d", "-o", "json"]);
  expect(JSON.parse(stdout)).toMatchObject({
    kind: "DepartureList",
    items: [{ cluster: "d", state: "left", waitingFor: [], leftBehind: [{ subject: behind.subject }] }],
  });
});

test.each([
  ["a cluster that is no member", "admin", ["leave", "x"], 1, /no cluster "x" is a member/],
  ["somebody who is no administrator", "viewer", ["leave", "d"], 4, /this needs admin/],
  ["a time that is none", "admin", ["leave", "d", "--within", "soon"], 2, /"soon": it is no duration/],
])("refuses %s", async (_, role, argv, want, said) => {
  const { config } = await hubWith([], role);
  const { code, stderr } = await invoke(["--config", config, ...argv]);
  expect(code).toBe(want);
  expect(stderr).toMatch(said);
});
