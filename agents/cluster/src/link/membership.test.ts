// How a cluster becomes a member and stays one, against a real hub and the fake API server.

import { expect, test } from "vitest";
import type { KubeClient } from "../kube/client.ts";
import { KubeError } from "../kube/error.ts";
import { withRequest } from "../kube/testing/harness.ts";
import { TokenRefused } from "./join.ts";
import { expiryUnixMs } from "./keys.ts";
import type { Membership, MembershipQuery } from "./membership.ts";
import { ensureMembership, noRefusals, renewMembership } from "./membership.ts";
import { writeSecret } from "./secrets.ts";
import type { Mesh } from "./testing/member-hub.ts";
import { namespace, startMesh } from "./testing/member-hub.ts";

const problems: unknown[] = [];

const ensure = (client: KubeClient, query: Partial<MembershipQuery> = {}): Promise<Membership> =>
  ensureMembership(client, {
    namespace,
    nowUnixMs: Date.now(),
    refusals: noRefusals,
    onProblem: (error) => problems.push(error),
    signal: new AbortController().signal,
    ...query,
  });

const joined = ({ hub }: Mesh): number => hub.log.filter((line) => line["msg"] === "cluster joined").length;
const refusedJoins = ({ hub }: Mesh): number =>
  hub.log.filter((line) => line["msg"] === "join refused").length;

/** The error that it rejects with. */
const failure = (of: Promise<unknown>): Promise<Error> =>
  of.then(
    () => new Error("it succeeded"),
    (error: unknown) => error as Error,
  );

test("a token buys a membership once, and any replica finds it afterwards", async () => {
  const mesh = await startMesh();
  await mesh.offer("a");
  const first = await ensure(mesh.client);
  expect(first).toMatchObject({ cluster: "a", hub: mesh.hub.sessionAddress });
  expect(await ensure(mesh.client)).toEqual(first);
  expect([joined(mesh), refusedJoins(mesh)]).toEqual([1, 0]);
});

test("without certificate and token the error says what to do", async () => {
  const mesh = await startMesh();
  const { message } = await failure(ensure(mesh.client));
  expect(message).toContain('there is no Secret sealane-system/sealane-join with keys "hub" and "token"');
  expect(message).toContain(
    "sealane token create NAME, then: kubectl -n sealane-system create secret generic sealane-join",
  );
});

test("a certificate that expired or was refused needs a new token, and the old one is not shown again", async () => {
  const mesh = await startMesh();
  await mesh.offer("a");
  const first = await ensure(mesh.client);
  const { certificate } = first.credentials;
  const expired = await failure(ensure(mesh.client, { nowUnixMs: expiryUnixMs(certificate) }));
  expect(expired.message).toMatch(
    /it expired at .*was used already.*sealane token create a,.*hub=127\.0\.0\.1:\d+/,
  );
  const refusals = { ...noRefusals, certificate: { pem: certificate, why: "it was revoked" } };
  const refused = await failure(ensure(mesh.client, { refusals }));
  expect(refused.message).toContain("no certificate that the hub takes (it was revoked)");
  expect(refusedJoins(mesh)).toBe(0);
  await mesh.offer("a");
  const second = await ensure(mesh.client, { refusals });
  expect(second.credentials.certificate).not.toBe(certificate);
  expect((await mesh.kept())["tls.crt"]).toBe(second.credentials.certificate);
});

test("a new token wins over a certificate that holds: so a cluster gets another name", async () => {
  const mesh = await startMesh();
  await mesh.offer("a");
  await ensure(mesh.client);
  await mesh.offer("b");
  expect((await ensure(mesh.client)).cluster).toBe("b");
});

test("an unusable token beside a certificate that holds is told, and not shown again", async () => {
  const mesh = await startMesh();
  await mesh.offer("a");
  const first = await ensure(mesh.client);
  const { token, info } = await mesh.hub.admin.createToken({ cluster: "a" });
  await mesh.hub.admin.revokeToken({ id: info?.id ?? "" });
  await writeSecret(mesh.client, namespace, "sealane-join", { hub: mesh.hub.sessionAddress, token });
  problems.splice(0);
  expect(await ensure(mesh.client)).toEqual(first);
  const [refusal] = problems;
  expect(refusal).toBeInstanceOf(TokenRefused);
  expect((refusal as Error).message).toMatch(/Cannot join as cluster "a" at .*revoked/);
  const refusals = { certificate: undefined, token: { text: token, error: refusal as Error } };
  expect(await ensure(mesh.client, { refusals })).toEqual(first);
  const lost = { ...refusals, certificate: { pem: first.credentials.certificate, why: "it was revoked" } };
  expect(await failure(ensure(mesh.client, { refusals: lost }))).toBe(refusal);
  expect(refusedJoins(mesh)).toBe(1);
});

test("what a token bought is stored although the API server was away for a moment", async () => {
  const mesh = await startMesh();
  await mesh.offer("a");
  let failures = 2;
  const flaky = withRequest(mesh.client, async (method, path, options) => {
    if (method !== "GET" && failures-- > 0)
      throw new KubeError("away", { status: 503, reason: "Unavailable" });
    return mesh.client.request(method, path, options);
  });
  problems.splice(0);
  const first = await ensure(flaky);
  expect(problems).toHaveLength(1);
  expect(await ensure(mesh.client)).toEqual(first);
});

test("renewal replaces the certificate and leaves what else the Secret says", async () => {
  const mesh = await startMesh();
  await mesh.offer("a");
  const first = await ensure(mesh.client);
  await writeSecret(mesh.client, namespace, "sealane-agent", { ...(await mesh.kept()), note: "keep" });
  const renewed = await renewMembership(mesh.client, namespace, first);
  expect(renewed.credentials.certificate).not.toBe(first.credentials.certificate);
  expect(await mesh.kept()).toMatchObject({ "tls.crt": renewed.credentials.certificate, note: "keep" });
  expect(await ensure(mesh.client)).toEqual(renewed);
});
