// Before the token is shown, the server must prove that it has the token's CA.

import { createServer } from "node:tls";
import type { AddressInfo } from "node:net";
import { X509Certificate, randomBytes } from "node:crypto";
import { authorityHash, formatJoinToken } from "@sealane/wire";
import { expect, onTestFinished, test } from "vitest";
import { makeListenerKeys } from "../relay/listener-keys.ts";
import { fetchAuthority, join, joinAddress } from "./join.ts";

/** A TLS server with a CA of its own; counts what it is told after the handshake. */
async function startServer() {
  const { authority, certificate, key } = await makeListenerKeys("hub.example", Date.now());
  let bytes = 0;
  const server = createServer({ cert: `${certificate}\n${authority}`, key, ALPNProtocols: ["h2"] });
  server.on("secureConnection", (socket) => {
    socket.on("data", (chunk) => (bytes += chunk.length)).on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const hash = authorityHash(new X509Certificate(authority).raw);
  return { port, authority, hash, told: () => bytes };
}

test("the CA is the one of the fingerprint", async () => {
  const { port, authority, hash } = await startServer();
  const found = await fetchAuthority(`127.0.0.1:${port}`, hash);
  expect(new X509Certificate(found).fingerprint256).toBe(new X509Certificate(authority).fingerprint256);
});

test("a token of another hub is not shown, and the error names the cure", async () => {
  const { port, told } = await startServer();
  const other = await startServer();
  const secret = randomBytes(32).toString("base64url");
  const token = formatJoinToken({ cluster: "a", id: "0123456789ab", secret, authorityHash: other.hash });
  await expect(join(`127.0.0.1:${port + 1}`, token)).rejects.toThrow(
    /Refused to join at 127\.0\.0\.1:\d+: .*made by another hub, or the address is wrong.*sealane token create/,
  );
  expect(told()).toBe(0);
});

test("a hub that is not there is named with what to check", async () => {
  await expect(fetchAuthority("127.0.0.1:1", "")).rejects.toThrow(
    /Cannot reach the hub's join service at 127\.0\.0\.1:1: .*Check the address and that the hub runs/,
  );
});

test("joining is one port below the sessions, in either family", () => {
  expect([joinAddress("hub.example:7443"), joinAddress("[2001:db8::7]:7443")]).toEqual([
    "hub.example:7442",
    "[2001:db8::7]:7442",
  ]);
  expect(() => joinAddress("hub.example")).toThrow(
    /Cannot read the hub's address "hub\.example": write host:port/,
  );
});
