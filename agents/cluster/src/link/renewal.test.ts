// A membership that is kept: renewed in time, and found again after the hub has refused it, without a restart.

import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../kube/testing/wait.ts";
import { messageOf } from "../kube/error.ts";
import { ensureMembership, noRefusals, renewMembership } from "./membership.ts";
import type { RenewalPace } from "./renewal.ts";
import { KeptMembership } from "./renewal.ts";
import { writeSecret } from "./secrets.ts";
import type { Mesh } from "./testing/member-hub.ts";
import { namespace, startMesh } from "./testing/member-hub.ts";

const pace: RenewalPace = { lookMs: 20, refused: { minMs: 10, maxMs: 50 }, renewRetryMs: 50 };

async function keep(mesh: Mesh) {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const { signal } = stop;
  const onProblem = (error: unknown): void => void problems.push(messageOf(error));
  const query = { namespace, nowUnixMs: Date.now(), refusals: noRefusals, onProblem, signal };
  const changes: string[] = [];
  const lost: (string | undefined)[] = [];
  const problems: string[] = [];
  const kept = new KeptMembership(
    {
      client: mesh.client,
      namespace,
      first: await ensureMembership(mesh.client, query),
      pace,
      onChange: ({ cluster }, how) => changes.push(`${how} ${cluster}`),
      onLost: (why) => lost.push(why),
      onProblem,
    },
    signal,
  );
  return { kept, changes, lost, problems };
}

const certificate = ({ kept }: { readonly kept: KeptMembership }): string =>
  kept.current.credentials.certificate;

test("a certificate is renewed before its end, again and again, and each is stored", async () => {
  const mesh = await startMesh({ certificateTtlMs: 3_600_000 });
  await mesh.offer("a");
  const quiet = await keep(mesh);
  expect(quiet.changes).toEqual([]);
  const short = await startMesh({ certificateTtlMs: 5_000 });
  await short.offer("a");
  const agent = await keep(short);
  await eventually("two renewals", () => agent.changes.length >= 2);
  expect(new Set(agent.changes)).toEqual(new Set(["renewed a"]));
  await eventually(
    "the newest to be stored",
    async () => (await short.kept())["tls.crt"] === certificate(agent),
  );
  expect(agent.lost).toEqual([]);
  expect(quiet.changes).toEqual([]);
});

test("after a revocation it says what to do, and takes the new token by itself", async () => {
  const mesh = await startMesh();
  await mesh.offer("a");
  const agent = await keep(mesh);
  const first = certificate(agent);
  await mesh.revoke("a");
  const said = await renewMembership(mesh.client, namespace, agent.kept.current).then(
    () => new Error("it was renewed"),
    (error: unknown) => error as Error,
  );
  agent.kept.refused(said);
  agent.kept.refused(said);
  await eventually("the cure", () => agent.lost.length === 1);
  expect(agent.lost[0]).toMatch(
    /certificate of cluster "a" was revoked.*was used already.*sealane token create a,/,
  );
  await mesh.offer("a");
  await eventually("the new certificate", () => agent.changes.length === 1);
  expect([agent.changes, agent.lost.at(-1)]).toEqual([["joined a"], undefined]);
  expect(certificate(agent)).not.toBe(first);
  expect((await mesh.kept())["tls.crt"]).toBe(certificate(agent));
  await renewMembership(mesh.client, namespace, agent.kept.current);
});

test("a refusal that the next session does not repeat is forgotten", async () => {
  const mesh = await startMesh();
  await mesh.offer("a");
  const agent = await keep(mesh);
  agent.kept.refused(new Error("not now"));
  await eventually("the cure", () => agent.lost.length === 1);
  agent.kept.accepted();
  expect(agent.lost).toEqual([expect.stringContaining("not now"), undefined]);
  expect(agent.changes).toEqual([]);
});

test("a new token is taken while all is well, and one that the hub refuses is shown once", async () => {
  const mesh = await startMesh();
  await mesh.offer("a");
  const agent = await keep(mesh);
  const { token, info } = await mesh.hub.admin.createToken({ cluster: "b" });
  await mesh.hub.admin.revokeToken({ id: info?.id ?? "" });
  await writeSecret(mesh.client, namespace, "sealane-join", { hub: mesh.hub.sessionAddress, token });
  await eventually("the hub's word", () => agent.problems.some((each) => each.includes("revoked")));
  expect(agent.changes).toEqual([]);
  await mesh.offer("c");
  await eventually("the other name", () => agent.changes.length > 0);
  expect(agent.changes).toEqual(["joined c"]);
  expect(mesh.hub.log.filter((line) => line["msg"] === "join refused")).toHaveLength(1);
  expect(agent.lost).toEqual([]);
});
