// What a speaker wants while its cluster leaves, over a real session with an agent by hand: what it announced while the
// others let go, nothing once the cluster is dismissed, and all of it while nobody says so.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Departure, DesiredRoutes } from "@sealane/core";
import { noRoutes } from "@sealane/core";
import { dialAgent } from "./dial.ts";
import { FakeAgent, completeWorld, fakeToken, publishWorld } from "./fake-agent.ts";
import { AgentLink } from "./link.ts";

const members = { kind: "member", origin: "", namespace: "" } as const;

let folder: string;
let agent: FakeAgent;
let link: AgentLink;
let before: DesiredRoutes;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sealane-departure-"));
  agent = new FakeAgent();
  await agent.start(folder);
  await writeFile(join(folder, "token"), fakeToken);
  await writeFile(join(folder, "cluster"), "a");
  publishWorld(agent);
  completeWorld(agent);
  link = new AgentLink({
    node: "a1",
    dial: async () =>
      dialAgent({
        cluster: undefined,
        agent: `unix:${join(folder, "agent.sock")}`,
        agentName: "sealane-agent.sealane-system.svc",
        tokenFile: join(folder, "token"),
        caFile: join(folder, "ca.crt"),
      }),
    onChange: () => undefined,
    onState: () => undefined,
  });
  before = await vi.waitFor(() => {
    const wish = link.desired(undefined);
    if (wish === undefined || wish.install.length === 0 || wish.originate.length === 0)
      throw new Error("the speaker was not told everything");
    return wish;
  }, 5_000);
});

afterEach(async () => {
  link.close();
  agent.stop();
  await rm(folder, { recursive: true });
});

const say = (departure: Departure): void =>
  agent.put(members, "a", { incarnation: "1", ranges: [], asn: 0, departure });

const withdrawn = (): void => agent.remove({ kind: "node", origin: "a", namespace: "" }, "a1");

test("while the others let go it announces what it announced, though it is published no more", async () => {
  say("withdrawing");
  withdrawn();
  await vi.waitFor(() => expect(link.desired(undefined)?.originate).toEqual([]), 5_000);
  expect(link.desired(before)).toMatchObject({ install: before.install, originate: before.originate });
});

test("once it is dismissed nothing is wanted any more, and not before", async () => {
  agent.stop();
  expect(link.desired(before)).toEqual(before);
  await agent.start(folder);
  say("dismissed");
  await vi.waitFor(() => expect(link.desired(before)).toEqual(noRoutes), 10_000);
});
