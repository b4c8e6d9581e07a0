// Over real sockets: the given address is preferred, another one serves where it does not, and an error names them all.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { firstReachable, readAddresses } from "./reach-agent.ts";

/** A listener on loopback; what it took. */
async function listener(host = "127.0.0.1") {
  let taken = 0;
  const server = createServer((socket) => {
    taken += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => new Promise((resolve) => server.close(resolve));
  onTestFinished(async () => {
    await close();
  });
  const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  return { address, close, taken: () => taken };
}

/** An address where nobody listens. */
async function nobody(): Promise<string> {
  const { address, close } = await listener();
  await close();
  return address;
}

test("the first address is taken while it answers, and the others are left alone", async () => {
  const [first, second] = [await listener(), await listener("::1")];
  expect(await firstReachable([first.address, second.address])).toBe(first.address);
  expect(second.taken()).toBe(0);
});

test("where the first does not answer, or is a name that nobody resolves, the next one that does is taken", async () => {
  const six = await listener("::1");
  const name = "agent.invalid:7444";
  expect(await firstReachable([await nobody(), name, await nobody(), six.address])).toBe(six.address);
});

test("nobody anywhere is an error that says what happened at each", async () => {
  const [one, two] = [await nobody(), await nobody()];
  await expect(firstReachable([one, "7444", two])).rejects.toThrow(
    `The agent takes no connection: ${one}: ECONNREFUSED; Cannot read "7444": write host:port, with IPv6 addresses in brackets; ${two}: ECONNREFUSED`,
  );
});

test("addresses are lines of a file that need not be there", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sealane-addresses-"));
  onTestFinished(async () => rm(folder, { recursive: true }));
  const path = join(folder, "addresses");
  expect(await readAddresses(path)).toEqual([]);
  await writeFile(path, "192.0.2.1:7444\n[2001:db8::1]:7444\n");
  expect(await readAddresses(path)).toEqual(["192.0.2.1:7444", "[2001:db8::1]:7444"]);
  await expect(readAddresses(folder)).rejects.toThrow("EISDIR");
});
