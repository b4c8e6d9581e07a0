// What an election must do, as cases for the fake and the real API server. Durations are short so that the
// cases are; their proportions are those of the defaults.

import { afterEach, beforeEach, expect, test } from "vitest";
import { createKubeClient } from "../client.ts";
import type { KubeClient } from "../client.ts";
import { Election } from "../lease.ts";
import type { Term } from "../lease.ts";
import { resources } from "../resource.ts";
import { startFaultyProxy } from "./faulty-proxy.ts";
import type { FaultyProxy } from "./faulty-proxy.ts";
import { fixtures } from "./fixtures.ts";
import type { Fixtures } from "./fixtures.ts";
import type { Harness } from "./harness.ts";
import { eventually } from "./wait.ts";

const durations = { leaseMs: 3_000, renewMs: 1_000, retryMs: 200 };

interface Candidate {
  readonly election: Election;
  readonly stop: AbortController;
  readonly terms: Term[];
  readonly proxy: FaultyProxy;
  readonly client: KubeClient;
}

let count = 0;

/** Runs the suite. */
export function leaseContract(start: () => Promise<Harness>): void {
  let harness: Harness;
  let admin: KubeClient;
  let kube: Fixtures;
  let name = "";
  let candidates: Candidate[] = [];

  beforeEach(async () => {
    harness = await start();
    admin = createKubeClient(harness.admin);
    kube = fixtures(admin);
    name = `lease-${process.pid}-${count++}`;
    candidates = [];
  });

  afterEach(async () => {
    for (const { stop, election, proxy, client } of candidates) {
      proxy.heal();
      stop.abort();
      await election.done;
      await client.close();
      await proxy.close();
    }
    await kube.remove(resources.leases, "default", name);
    await admin.close();
    await harness.close();
  });

  const run = async (
    identity: string,
    isDead: (holder: string) => boolean = () => false,
  ): Promise<Candidate> => {
    const url = new URL(harness.admin.server);
    const proxy = await startFaultyProxy("127.0.0.1", Number(url.port));
    url.port = String(proxy.port);
    const client = createKubeClient({ ...harness.admin, server: url.origin });
    const stop = new AbortController();
    const terms: Term[] = [];
    const onLead = (term: Term): unknown => terms.push(term);
    const election = new Election(
      { client, namespace: "default", name, identity, durations, isDead, onLead },
      stop.signal,
    );
    const candidate = { election, stop, terms, proxy, client };
    candidates.push(candidate);
    return candidate;
  };

  const leads = ({ terms }: Candidate): boolean => terms.at(-1)?.isCurrent() ?? false;
  const leading = (): number => candidates.filter(leads).length;

  test("one of two leads, and stays", async () => {
    const [one, two] = [await run("one"), await run("two")];
    await eventually("a leader", () => leading() === 1);
    const leader = leads(one) ? one : two;
    const renewed = async (): Promise<unknown> =>
      (await kube.get(resources.leases, "default", name))?.["spec"].renewTime;
    const first = await renewed();
    await eventually("renewals", async () => (await renewed()) !== first);
    expect([leading(), leads(leader), leader.terms.length]).toEqual([1, true, 1]);
  });

  test("a graceful stop hands over within a second, with a greater epoch", async () => {
    const one = await run("one");
    await eventually("the first leader", () => leads(one));
    const two = await run("two");
    one.stop.abort();
    expect(leads(one)).toBe(false);
    await one.election.done;
    const releasedAt = performance.now();
    await eventually("the second leader", () => leads(two));
    expect(performance.now() - releasedAt).toBeLessThan(1_000);
    expect(two.terms[0]?.epoch).toBeGreaterThan(one.terms[0]?.epoch ?? 0n);
    const lease = await kube.get(resources.leases, "default", name);
    expect(lease?.metadata.annotations["sealane.dev/epoch"]).toBe(String(two.terms[0]?.epoch));
  });

  test("a leader that is cut off falls silent before another may lead", async () => {
    const one = await run("one");
    await eventually("the first leader", () => leads(one));
    const two = await run("two");
    one.proxy.cut();
    let both = false;
    let abortedAt = 0;
    one.terms[0]?.signal.addEventListener("abort", () => (abortedAt = performance.now()));
    const cutAt = performance.now();
    await eventually("the second leader", () => {
      both ||= leading() > 1;
      return leads(two);
    });
    expect(both).toBe(false);
    expect(abortedAt - cutAt).toBeLessThan(durations.renewMs + 300);
    expect(performance.now() - abortedAt).toBeGreaterThan(durations.leaseMs - durations.renewMs - 300);
  });

  test("a leader that died is not waited for by who knows it, with a greater epoch", async () => {
    const one = await run("pod-1");
    await eventually("the first leader", () => leads(one));
    one.proxy.cut();
    const startedAt = performance.now();
    const two = await run("pod-2", (holder) => holder === "pod-1");
    await eventually("the second leader", () => leads(two));
    expect(performance.now() - startedAt).toBeLessThan(durations.leaseMs - durations.renewMs);
    expect(two.terms[0]?.epoch).toBeGreaterThan(one.terms[0]?.epoch ?? 0n);
  });

  test("a leader whose Lease somebody else took stops at once", async () => {
    const one = await run("one");
    await eventually("the leader", () => leads(one));
    await kube.patch(resources.leases, "default", name, { spec: { holderIdentity: "stranger" } });
    await eventually("the end of the term", () => one.terms[0]?.signal.aborted === true);
    expect(leads(one)).toBe(false);
  });

  test("an epoch from the future is exceeded all the same", async () => {
    const future = String(Date.now() + 3_600_000);
    await kube.create(
      resources.leases,
      "default",
      name,
      { spec: {} },
      { annotations: { "sealane.dev/epoch": future } },
    );
    const one = await run("one");
    await eventually("the leader", () => leads(one));
    expect(one.terms[0]?.epoch).toBe(BigInt(future) + 1n);
  });
}
