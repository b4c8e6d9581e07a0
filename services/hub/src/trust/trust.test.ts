// The CA signs what the hub says and nothing else; node's own X.509 code is the judge.

import { X509Certificate, createPrivateKey } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { authorityHash } from "@sealane/wire";
import { expect, it, onTestFinished } from "vitest";
import { memoryDisk, openMemoryStore } from "../store/memory.ts";
import { writeAdminFiles } from "./admin-files.ts";
import { openAuthority } from "./authority.ts";
import { issueForPerson, issueForServer, signForCluster } from "./certificates.ts";
import { identityOf, mayActAs } from "./identity.ts";
import { certificateRequest } from "../testing/certificate-request.ts";
import { openRevocations } from "./revocations.ts";

const now = () => Date.UTC(2026, 10, 21);
const dayMs = 24 * 3600 * 1000;
const open = async (disk = memoryDisk()) => (await openAuthority(openMemoryStore(disk), now)).authority;
const hashOf = (certificate: { rawData: ArrayBuffer }) => authorityHash(new Uint8Array(certificate.rawData));

it("keeps its CA over a restart, and makes another one only in another store", async () => {
  const disk = memoryDisk();
  const first = await openAuthority(openMemoryStore(disk), now);
  const second = await openAuthority(openMemoryStore(disk), now);
  expect([first.made, second.made]).toEqual([true, false]);
  expect(second.authority.hash).toBe(first.authority.hash);
  expect(first.authority.hash).toBe(hashOf(first.authority.certificate));
  expect((await open()).hash).not.toBe(first.authority.hash);
});

it("signs a cluster's key with the hub's words, not the request's", async () => {
  const authority = await open();
  const { request, key } = await certificateRequest("CN=somebody-else, OU=admin");
  const der = await signForCluster(authority, {
    cluster: "ams1",
    request,
    ttlMs: dayMs,
    tokenUnixUs: 1_732_180_000_123_456,
  });
  const certificate = new X509Certificate(der);
  expect(certificate.subject).toBe("CN=ams1\nOU=token 1732180000123456");
  expect(certificate.subjectAltName).toBe("URI:sealane://cluster/ams1");
  expect(certificate.ca).toBe(false);
  expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
  expect(certificate.verify(new X509Certificate(authority.certificate.toString("pem")).publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(Date.parse(certificate.validTo) - now()).toBe(dayMs);
  expect(identityOf(der)).toMatchObject({
    kind: "cluster",
    name: "ams1",
    issuedUnixMs: now(),
    tokenUnixUs: 1_732_180_000_123_456,
  });
});

it("refuses a request that is broken, or of another kind of key", async () => {
  const authority = await open();
  const sign = (request: Uint8Array) =>
    signForCluster(authority, { cluster: "a", request, ttlMs: dayMs, tokenUnixUs: 0 });
  const { request } = await certificateRequest();
  const forged = request.slice();
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  await expect(sign(forged)).rejects.toThrow(
    /Cannot sign the certificate request.*signature does not match/s,
  );
  await expect(sign(new Uint8Array([1, 2, 3]))).rejects.toThrow(/cannot be read/);
  await expect(sign((await certificateRequest("CN=x", "P-384")).request)).rejects.toThrow(
    /its key is not P-256/,
  );
});

it("names every address of the hub in its server certificate", async () => {
  const { certificate } = await issueForServer(await open(), ["hub.example", "192.0.2.7", "2001:db8::7"]);
  const parsed = new X509Certificate(certificate);
  expect(parsed.checkHost("hub.example")).toBe("hub.example");
  expect(parsed.checkIP("192.0.2.7")).toBe("192.0.2.7");
  expect(parsed.checkIP("2001:db8::7")).toBe("2001:db8::7");
  expect(parsed.checkIP("192.0.2.8")).toBeUndefined();
  expect(parsed.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
});

it("reads people with their roles and refuses certificates that name nobody", async () => {
  const authority = await open();
  const der = (pem: string) => new X509Certificate(pem).raw;
  const person = await issueForPerson(authority, { name: "maria", role: "operator" });
  expect(identityOf(der(person.certificate))).toMatchObject({
    kind: "person",
    name: "maria",
    role: "operator",
  });
  expect(identityOf(der((await issueForServer(authority, [])).certificate))).toMatchObject({ kind: "none" });
  expect(identityOf(Buffer.from("no certificate"))).toMatchObject({ kind: "none" });
  expect([
    mayActAs("viewer", "operator"),
    mayActAs("operator", "viewer"),
    mayActAs("admin", "admin"),
  ]).toEqual([false, true, true]);
});

it("refuses a revoked cluster's old certificates, also after a restart, and takes its new ones", async () => {
  const disk = memoryDisk();
  const revocations = await openRevocations(openMemoryStore(disk), now);
  await revocations.revoke("a");
  for (const list of [revocations, await openRevocations(openMemoryStore(disk), now)]) {
    const signed = (issuedUnixMs: number, tokenUnixMs = 0) => ({
      issuedUnixMs,
      tokenUnixUs: tokenUnixMs * 1000,
    });
    expect(list.refuses("a", signed(now() - 1))).toBe(true);
    expect(list.refuses("a", signed(now() - 1, now() - 1))).toBe(true);
    expect(list.refuses("a", signed(now() + 1))).toBe(false);
    expect(list.refuses("b", signed(now() - 1))).toBe(false);
    // Certificates count in whole seconds, so a later one may look as old as the revocation: its token tells.
    expect(list.refuses("a", signed(now() - 999, now() + 1))).toBe(false);
  }
});

it("writes the first administrator's files for their owner alone and never again once they are gone", async () => {
  const folder = join(mkdtempSync(join(tmpdir(), "sealane-admin-")), "admin");
  onTestFinished(() => rmSync(join(folder, ".."), { recursive: true }));
  const authority = await open();
  const write = (first: boolean, at: number) =>
    writeAdminFiles({ folder, authority, hub: "hub.example:7443", first, now: at });
  expect(await write(false, now())).toBeUndefined();
  expect(await write(true, now())).toBe(join(folder, "config.yaml"));
  const files = ["ca.crt", "tls.crt", "tls.key", "config.yaml"];
  expect(files.map((file) => statSync(join(folder, file)).mode & 0o777)).toEqual(files.map(() => 0o600));
  expect(readFileSync(join(folder, "config.yaml"), "utf8")).toBe(
    "hub: hub.example:7443\nca: ca.crt\ncertificate: tls.crt\nkey: tls.key\n",
  );
  const certificate = readFileSync(join(folder, "tls.crt"), "utf8");
  await write(false, now() + dayMs);
  expect(readFileSync(join(folder, "tls.crt"), "utf8")).toBe(certificate);
  await write(false, now() + 350 * dayMs);
  expect(readFileSync(join(folder, "tls.crt"), "utf8")).not.toBe(certificate);
  rmSync(folder, { recursive: true });
  expect(await write(false, now())).toBeUndefined();
});
