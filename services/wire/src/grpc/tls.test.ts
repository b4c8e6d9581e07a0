// A server reached by an IP address must prove that address, without a warning of Node and without a weaker check.

import * as grpc from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import { memoryDisk, openMemoryStore } from "../../../hub/src/store/memory.ts";
import { openAuthority } from "../../../hub/src/trust/authority.ts";
import { issueForServer } from "../../../hub/src/trust/certificates.ts";
import { joinClient, joinImplementation, joinServiceDefinition } from "./clients.ts";
import { secureChannel } from "./tls.ts";

/** A server at `bind`; its certificate bears localhost, 127.0.0.1 and ::1. */
async function startServer(bind: string) {
  const { authority } = await openAuthority(openMemoryStore(memoryDisk()), Date.now);
  const pair = await issueForServer(authority, []);
  const server = new grpc.Server();
  const refuse = () => Promise.reject(new Error("reached"));
  server.addService(joinServiceDefinition, joinImplementation({ join: refuse, renew: refuse }));
  const keys = [{ cert_chain: Buffer.from(pair.certificate), private_key: Buffer.from(pair.key) }];
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${bind}:0`, grpc.ServerCredentials.createSsl(null, keys), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  onTestFinished(() => server.forceShutdown());
  return { port, authorities: authority.certificate.toString("pem") };
}

/** What the server, or the way to it, says to a call. */
async function call(address: string, authorities: string): Promise<string> {
  const to = secureChannel(address, { authorities });
  const client = joinClient(address, to.credentials, to.options);
  onTestFinished(() => client.close());
  const error = await client.join({ token: "" }, { timeoutMs: 5_000 }).catch((caught: unknown) => caught);
  return (error as grpc.ServiceError).details;
}

test.each(["127.0.0.1", "[::1]", "localhost"])(
  "%s in the certificate is reached, and Node warns of nothing",
  async (host) => {
    const warnings: string[] = [];
    const listen = (warning: Error & { code?: string }) => warnings.push(warning.code ?? warning.message);
    process.on("warning", listen);
    onTestFinished(() => void process.off("warning", listen));
    const { port, authorities } = await startServer(host);
    expect(await call(`${host}:${port}`, authorities)).toBe("reached");
    await new Promise(setImmediate);
    expect(warnings).toEqual([]);
  },
);

test("an address that the certificate does not bear is refused", async () => {
  const { port, authorities } = await startServer("127.0.0.2");
  expect(await call(`127.0.0.2:${port}`, authorities)).toMatch(/IP: 127\.0\.0\.2 is not in the cert's list/);
});

test("another CA's certificate is refused at the right address", async () => {
  const { port } = await startServer("127.0.0.1");
  const other = await startServer("127.0.0.1");
  expect(await call(`127.0.0.1:${port}`, other.authorities)).toMatch(/certificate/);
});
