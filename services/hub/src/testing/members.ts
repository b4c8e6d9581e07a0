// Members of a test hub: agents that joined, and the pair that most stories begin with.

import { expect, vi } from "vitest";
import type { HubOptions } from "../options.ts";
import { TestAgent, joinNew } from "./agent.ts";
import type { AgentOptions } from "./agent.ts";
import { reachFact, sayCluster } from "./facts.ts";
import type { TestHub } from "./hub.ts";
import { testHub } from "./hub.ts";

/** Waits until a check passes. */
export function until(check: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(check, { timeout: 5_000, interval: 5 });
}

/** An agent with a new certificate. */
export async function agentOf(
  hub: TestHub,
  cluster: string,
  more: Partial<AgentOptions> = {},
): Promise<TestAgent> {
  const certificate = await joinNew(hub, cluster);
  return new TestAgent({ address: hub.sessionAddress, cluster, certificate, ...more });
}

/** Clusters `a` and `b`, both exporting shop/web, each knowing all of the other. */
export async function pair(
  options: Partial<HubOptions> = {},
): Promise<{ hub: TestHub; a: TestAgent; b: TestAgent }> {
  const hub = await testHub(options);
  const [a, b] = [await agentOf(hub, "a"), await agentOf(hub, "b")];
  sayCluster(a, 1);
  sayCluster(b, 2);
  await until(() => {
    expect(b.view.import("shop", "web")?.exporters.map((it) => it.cluster)).toEqual(["a", "b"]);
    expect([...b.view.reach("a", "shop", "web")]).toEqual([["n1", reachFact(1)]]);
    expect(b.view.complete({ kind: "import", origin: "", namespace: "shop" })).toBe(true);
    expect([...a.view.reach("b", "shop", "web")]).toHaveLength(1);
  });
  return { hub, a, b };
}

/** Where a hub that stopped is started again, so that its agents find it. */
export function sameDoors(hub: TestHub): Pick<HubOptions, "listen" | "joinListen"> {
  return { listen: hub.sessionAddress, joinListen: hub.joinAddress };
}
