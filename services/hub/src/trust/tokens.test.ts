// A token works once, for one cluster, for a while; everything else is told apart and told the cure.

import { expect, it } from "vitest";
import { parseJoinToken } from "@sealane/wire";
import { memoryDisk, openMemoryStore } from "../store/memory.ts";
import { openTokens } from "./tokens.ts";

const hash = "h".repeat(43);
const hourMs = 3_600_000;

function setUp() {
  const clock = { ms: Date.UTC(2026, 10, 21, 12) };
  const disk = memoryDisk();
  const store = openMemoryStore(disk);
  return { clock, disk, store, tokens: openTokens(store, hash, () => clock.ms) };
}

it("carries the cluster and the CA's hash, and keeps no secret", async () => {
  const { tokens, store } = setUp();
  const { token } = await tokens.create("ams1", hourMs);
  const { cluster, authorityHash, secret } = parseJoinToken(token);
  expect([cluster, authorityHash]).toEqual(["ams1", hash]);
  expect((await store.list("tokens")).map((r) => r.value).join()).not.toContain(secret);
});

it("works once, also when two use it at the same time and over a restart", async () => {
  const { tokens, clock, disk } = setUp();
  const { token } = await tokens.create("ams1", hourMs);
  const uses = await Promise.allSettled([tokens.redeem(token, "ams1"), tokens.redeem(token, "ams1")]);
  expect(uses.map((use) => use.status).toSorted()).toEqual(["fulfilled", "rejected"]);
  clock.ms += 1000;
  const restarted = openTokens(openMemoryStore(disk), hash, () => clock.ms);
  await expect(restarted.redeem(token, "ams1")).rejects.toThrow(
    /it was used at 2026-11-21T12:00:00Z, and a token works once\. Run: sealane token create ams1$/,
  );
});

it("expires", async () => {
  const { tokens, clock } = setUp();
  const { token } = await tokens.create("ams1", hourMs);
  clock.ms += hourMs;
  await expect(tokens.redeem(token, "ams1")).rejects.toThrow(
    /expired at 2026-11-21T13:00:00Z.*sealane token create ams1/,
  );
});

it("is refused for another name, revoked, unknown, foreign, or with another's secret, and is not used up by it", async () => {
  const { tokens } = setUp();
  const { token, record } = await tokens.create("ams1", hourMs);
  const { token: other } = await tokens.create("ams1", hourMs);
  const secret = parseJoinToken(token).secret;
  const faults = async (text: string, cluster = "ams1") =>
    tokens.redeem(text, cluster).then(
      () => "none",
      (error: unknown) => (error as { fault: string }).fault,
    );
  expect(await faults(token, "fra1")).toBe("wrongCluster");
  expect(await faults(token.replace(record.id, "000000000000"))).toBe("unknown");
  expect(await faults(token.replace(hash, "x".repeat(43)))).toBe("foreign");
  expect(await faults(token.replace(secret, parseJoinToken(other).secret))).toBe("unknown");
  expect(await faults("sealane")).toBe("malformed");
  expect(await faults(token)).toBe("none");
  const revoked = await tokens.revoke(parseJoinToken(other).id);
  expect(revoked.revokedUnixUs).toBeGreaterThan(0);
  expect(await faults(other)).toBe("revoked");
});

it("cannot be made to hold for ever, and names the bounds", async () => {
  const { tokens } = setUp();
  await expect(tokens.create("a", 0)).rejects.toThrow(/must be 1 s to 7 days/);
  await expect(tokens.create("a", 8 * 24 * hourMs)).rejects.toThrow(/holds for 691200 s/);
  await expect(tokens.revoke("nope")).rejects.toThrow(/none of this id/);
});

it("is listed newest first and forgotten a week after it expired", async () => {
  const { tokens, clock } = setUp();
  await tokens.create("old", hourMs);
  clock.ms += hourMs;
  await tokens.create("new", hourMs);
  expect((await tokens.list()).map((t) => t.cluster)).toEqual(["new", "old"]);
  clock.ms += 7 * 24 * hourMs + 1;
  await tokens.create("newest", hourMs);
  expect((await tokens.list()).map((t) => t.cluster)).toEqual(["newest", "new"]);
});
