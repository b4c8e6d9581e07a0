// When what an earlier leader kept may be used: after the hub's word, or alone when it is all that was seen.

import type { ShardId } from "@sealane/core";
import { lastGoodAloneMs } from "@sealane/core";
import { ShardTable } from "@sealane/wire";
import { pino } from "pino";
import { expect, onTestFinished, test, vi } from "vitest";
import { createKubeClient } from "./kube/client.ts";
import { startFakeApiServer } from "./kube/testing/fake-api-server.ts";
import { eventually } from "./kube/testing/wait.ts";
import type { Agent } from "./leader.ts";
import { makeListenerKeys } from "./relay/listener-keys.ts";
import type { Standing } from "./link/last-good-form.ts";
import { lastGoodSecretName, ownerOf } from "./link/last-good-read.ts";
import { LastGoodWriter } from "./link/last-good-write.ts";
import { readSecret, writeSecret } from "./link/secrets.ts";
import { openReceived } from "./received-part.ts";

const namespace = "sealane-system";
const members: ShardId = { kind: "member", origin: "", namespace: "" };

async function restarted(standing: Standing | "none") {
  const api = await startFakeApiServer({ crds: "served" });
  const client = createKubeClient(api.admin);
  const stop = new AbortController();
  onTestFinished(async () => {
    stop.abort();
    await client.close();
    await api.close();
  });
  const term = { epoch: 1n, signal: stop.signal, isCurrent: () => !stop.signal.aborted };
  const { authority } = await makeListenerKeys("hub", Date.now());
  const credentials = { certificate: "", key: "", authorities: authority };
  const membership = { cluster: "a", hub: "127.0.0.1:7443", credentials };
  if (standing !== "none") {
    const received = new ShardTable();
    received.complete(members, { epoch: 3n, sequence: 1n });
    const kept = { client, namespace, term, received, standing: "none", intervalMs: 1 } as const;
    const writer = new LastGoodWriter({ ...kept, owner: ownerOf(membership), onProblem: () => undefined });
    writer.confirm();
    writer.note();
    const head = () => readSecret(client, namespace, lastGoodSecretName);
    await eventually("the state to be kept", async () => (await head())?.["standing"] === "current");
    await writeSecret(client, namespace, lastGoodSecretName, { ...(await head()), standing });
  }
  const agent = { client, options: { namespace }, log: pino({ level: "silent" }) } as unknown as Agent;
  const part = await openReceived(agent, { ...term, epoch: 2n }, membership);
  if (part === undefined) throw new Error("the term ended");
  let confirmed = 0;
  part.onConfirmed(() => confirmed++);
  await Promise.resolve();
  return { part, confirmed: () => confirmed };
}

test("nothing was kept: what comes is used when the hub has said all of it", async () => {
  const { part, confirmed } = await restarted("none");
  const at = { epoch: 3n, sequence: 1n };
  part.table.complete(members, at);
  part.follow([{ id: members, entries: [], completed: true }]);
  await Promise.resolve();
  expect([part.held.complete(members), part.view.complete(members), confirmed()]).toEqual([true, false, 0]);
  part.caughtUp();
  await Promise.resolve();
  expect([part.view.complete(members), part.confirmed(), confirmed()]).toEqual([true, true, 1]);
});

test("what was kept is held, and used when the hub has said what differs", async () => {
  const { part, confirmed } = await restarted("behind");
  expect([part.held.complete(members), part.view.complete(members), confirmed()]).toEqual([true, false, 0]);
  expect(part.table.states().map(({ position }) => position)).toEqual([{ epoch: 3n, sequence: 1n }]);
  part.caughtUp();
  await Promise.resolve();
  expect([part.view.complete(members), confirmed()]).toEqual([true, 1]);
});

test.each(["current", "behind"] as const)("a %s state without the hub", async (standing) => {
  const { part, confirmed } = await restarted(standing);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  part.awaitHub();
  vi.advanceTimersByTime(lastGoodAloneMs - 1);
  await Promise.resolve();
  expect([part.view.complete(members), confirmed()]).toEqual([false, 0]);
  vi.advanceTimersByTime(1);
  await Promise.resolve();
  const used = standing === "current";
  expect([part.view.complete(members), confirmed()]).toEqual([used, used ? 1 : 0]);
});
