// Who may do what at a running hub, over real TLS: every refusal names its cure, and the log has it.

import { spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import * as grpc from "@grpc/grpc-js";
import { adminClient, joinClient } from "@sealane/wire";
import { service as healthService } from "grpc-health-check";
import { expect, it, onTestFinished, vi } from "vitest";
import type { AgentCertificate } from "../testing/agent.ts";
import { TestAgent, credentialsOf, join, joinNew, pem } from "../testing/agent.ts";
import { certificateRequest } from "../testing/certificate-request.ts";
import type { TestHub } from "../testing/hub.ts";
import { testHub } from "../testing/hub.ts";
import { memoryDisk, openMemoryStore } from "../store/memory.ts";
import { openAuthority } from "../trust/authority.ts";
import { issueForPerson, signForCluster } from "../trust/certificates.ts";

async function failure(call: Promise<unknown>): Promise<{ code: number; details: string }> {
  const error = await call.then(
    () => ({ code: 0, details: "it succeeded" }),
    (reason: unknown) => reason as { code: number; details: string },
  );
  return { code: error.code, details: error.details };
}

async function renew(hub: TestHub, certificate: AgentCertificate): Promise<AgentCertificate> {
  const client = joinClient(hub.sessionAddress, credentialsOf(certificate));
  onTestFinished(() => client.close());
  const { request, key } = await certificateRequest();
  const answer = await client.renew({ certificateRequest: request });
  return { certificate: pem(answer.certificate), key: Buffer.from(key), authority: hub.authority };
}

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 5_000, interval: 5 });

it("trades a token for a certificate of the asked life once, and the certificate for its successor", async () => {
  const hub = await testHub({ certificateTtlMs: 3_600_000 });
  const { token } = await hub.admin.createToken({ cluster: "a" });
  const first = await join(hub, token, "a");
  const lifeMs = Date.parse(new X509Certificate(first.certificate).validTo) - Date.now();
  expect(lifeMs).toBeGreaterThan(3_500_000);
  expect(lifeMs).toBeLessThanOrEqual(3_600_000);
  const second = await renew(hub, first);
  expect(new X509Certificate(second.certificate).subjectAltName).toBe("URI:sealane://cluster/a");
  await renew(hub, second);
  const again = await failure(join(hub, token, "a"));
  expect(again).toMatchObject({
    code: grpc.status.UNAUTHENTICATED,
    details: expect.stringMatching(/a token works once\. Run: sealane token create a$/),
  });
  expect(hub.log.filter((line) => line["msg"] === "join refused")).toEqual([
    expect.objectContaining({ cluster: "a", reason: again.details }),
  ]);
  expect(JSON.stringify(hub.log)).not.toContain(token.split(".")[4]);
});

it("tells every unusable token apart and leaves it usable where it was not its fault", async () => {
  const hub = await testHub();
  const other = await testHub();
  const { token, info } = await hub.admin.createToken({ cluster: "a" });
  expect(await failure(join(hub, token, "b"))).toMatchObject({
    code: grpc.status.PERMISSION_DENIED,
    details: expect.stringMatching(/made for cluster "a".*sealane token create b/),
  });
  expect((await failure(join(other, token, "a"))).details).toMatch(/made by a hub with another CA/);
  expect((await failure(join(hub, token.slice(0, -2), "a"))).details).toMatch(/Cannot read the join token/);
  expect((await failure(join(hub, token, "A b"))).details).toMatch(/"A b" is not an RFC 1123 label/);
  expect((await failure(hub.admin.createToken({ cluster: "gen" }))).details).toMatch(/"gen" is reserved/);
  const client = joinClient(hub.joinAddress, grpc.credentials.createSsl(hub.authority));
  onTestFinished(() => client.close());
  expect(
    (await failure(client.join({ token, cluster: "a", certificateRequest: new Uint8Array([1]) }))).details,
  ).toMatch(/PKCS#10/);
  await join(hub, token, "a");
  const second = await hub.admin.createToken({ cluster: "a" });
  await hub.admin.revokeToken({ id: second.info?.id ?? "" });
  expect((await failure(join(hub, second.token, "a"))).details).toMatch(/it was revoked at/);
  expect((await hub.admin.listTokens({})).tokens.map((it) => it.id)).toEqual(
    expect.arrayContaining([info?.id, second.info?.id]),
  );
});

it("refuses peers without a certificate of its CA, says so, and logs them", async () => {
  const hub = await testHub();
  const stranger = (await openAuthority(openMemoryStore(memoryDisk()), Date.now)).authority;
  const person = await issueForPerson(stranger, { name: "eve", role: "admin" });
  const credentials = [
    grpc.credentials.createSsl(hub.authority),
    grpc.credentials.createSsl(hub.authority, Buffer.from(person.key), Buffer.from(person.certificate)),
  ];
  for (const each of credentials) {
    const client = adminClient(hub.sessionAddress, each);
    onTestFinished(() => client.close());
    const { code, details } = await failure(client.getStatus({}));
    expect(code).toBe(grpc.status.UNAUTHENTICATED);
    expect(details).toMatch(
      /does not know the certificate of 127\.0\.0\.1:\d+.*sealane token create NAME.*config\.yaml/,
    );
  }
  const { request, key } = await certificateRequest();
  const der = await signForCluster(stranger, { cluster: "a", request, ttlMs: 60_000, tokenUnixUs: 0 });
  const agent = new TestAgent({
    address: hub.sessionAddress,
    cluster: "a",
    certificate: { certificate: pem(der), key: Buffer.from(key), authority: hub.authority },
  });
  await until(() => expect(agent.errors[0]).toMatch(/does not know the certificate/));
  expect(hub.log.filter((line) => line["msg"] === "call refused").length).toBeGreaterThanOrEqual(3);
});

it("keeps clusters to their own session and people to their role", async () => {
  const hub = await testHub();
  const certificate = await joinNew(hub, "a");
  const admin = adminClient(hub.sessionAddress, credentialsOf(certificate));
  onTestFinished(() => admin.close());
  expect(await failure(admin.getStatus({}))).toMatchObject({
    code: grpc.status.PERMISSION_DENIED,
    details: expect.stringMatching(/Cluster "a" may not call getStatus/),
  });
  const impostor = new TestAgent({ address: hub.sessionAddress, cluster: "b", certificate });
  await until(() => expect(impostor.errors[0]).toMatch(/certificate is for cluster "a", and hello says "b"/));
  const joiner = joinClient(hub.sessionAddress, credentialsOf(certificate));
  onTestFinished(() => joiner.close());
  expect((await failure(joiner.join({ token: "", cluster: "a" }))).details).toMatch(/hub's join port/);
  const person = joinClient(hub.sessionAddress, hub.adminCredentials);
  onTestFinished(() => person.close());
  expect((await failure(person.renew({}))).details).toMatch(/"admin" is a person/);
});

it("ends the session of a revoked cluster, refuses its certificate, and takes it back with a new token", async () => {
  const hub = await testHub();
  const certificate = await joinNew(hub, "a");
  const agent = new TestAgent({ address: hub.sessionAddress, cluster: "a", certificate });
  await until(() => expect(agent.connected).toBe(true));
  await hub.revokeCluster("a");
  await until(() => expect(agent.errors.join()).toMatch(/was revoked\. Join again: sealane token create a/));
  await renew(hub, await joinNew(hub, "a"));
});

it("answers health and reflection to those it knows, and metrics and health over HTTP", async () => {
  const hub = await testHub();
  const client = new grpc.Client(hub.sessionAddress, hub.adminCredentials);
  onTestFinished(() => client.close());
  const check = healthService["Check"] as grpc.MethodDefinition<object, { status: string }>;
  const status = await new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      check.path,
      check.requestSerialize,
      check.responseDeserialize,
      { service: "" },
      (error, reply) => (error ? reject(error) : resolve(reply?.status)),
    );
  });
  expect(status).toBe("SERVING");
  const names = await reflectedServices(client);
  expect(names).toEqual(
    expect.arrayContaining([
      "sealane.v1.AdminService",
      "sealane.v1.JoinService",
      "sealane.v1.SessionService",
    ]),
  );

  const get = async (path: string): Promise<string> =>
    (await fetch(`http://${hub.metricsAddress}${path}`)).text();
  expect(await get("/healthz")).toBe("ok\n");
  const metrics = await get("/metrics");
  for (const line of [
    'sealane_build_info{version="0.1.0",schema="1-1"} 1',
    'sealane_clusters{state="ready"} 0',
    'sealane_propagation_seconds_count{stage="published"} 0',
    "sealane_calls_refused_total 0",
  ]) {
    expect(metrics).toContain(line);
  }
});

/** Service names by server reflection v1: list_services is field 7 of the request, names are the only readable text. */
function reflectedServices(client: grpc.Client): Promise<string[]> {
  const raw = (bytes: Buffer): Buffer => bytes;
  const call = client.makeBidiStreamRequest(
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    raw,
    raw,
  );
  return new Promise((resolve, reject) => {
    call.on("error", reject);
    call.on("data", (bytes: Buffer) => {
      resolve(bytes.toString("latin1").match(/[a-z]+(\.[A-Za-z0-9]+)+/g) ?? []);
      call.end();
    });
    call.write(Buffer.from([0x3a, 0x01, 0x2a]));
  });
}

it("refuses a data directory in use, an address in use, and leaves nothing open then", async () => {
  const hub = await testHub();
  await expect(testHub({ data: hub.data })).rejects.toThrow(
    /another sealane-hub process uses this data directory/,
  );
  await expect(testHub({ listen: hub.sessionAddress })).rejects.toThrow(
    /Cannot listen on --listen 127\.0\.0\.1:\d+/,
  );
  await expect(testHub({ metricsListen: hub.metricsAddress })).rejects.toThrow(
    /Cannot listen on --metrics-listen/,
  );
});

interface Ended {
  readonly code: number | null;
  readonly text: string;
}

/** Runs the program until it ends, or until its output holds `signalAt` and it is sent the signal. */
function runProgram(
  args: readonly string[],
  at?: { readonly text: string; readonly signal: NodeJS.Signals },
): Promise<Ended> {
  const child = spawn(process.execPath, [new URL("../main.ts", import.meta.url).pathname, ...args]);
  let text = "";
  let sent = false;
  const hear = (chunk: Buffer): void => {
    text += chunk.toString();
    if (at === undefined || sent || !text.includes(at.text)) return;
    sent = child.kill(at.signal);
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, text })));
}

it("runs as a program: clear errors for bad flags, a clean stop, a start after being killed", async () => {
  const hub = await testHub();
  await hub.close();
  const flags = ["--data", hub.data, "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"];
  expect(await runProgram([])).toMatchObject({
    code: 1,
    text: expect.stringMatching(/--data <dir>' not specified/),
  });
  expect((await runProgram([...flags, "--listen", "7443"])).text).toMatch(/"7443": it must be host:port/);
  const killed = await runProgram(flags, { text: "hub is ready", signal: "SIGKILL" });
  expect(killed.code).toBeNull();
  const stopped = await runProgram(flags, { text: "hub is ready", signal: "SIGTERM" });
  expect(stopped).toMatchObject({ code: 0, text: expect.stringMatching(/hub has stopped/) });
});
