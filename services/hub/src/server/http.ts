// Metrics and health over plain HTTP, for those inside the machine or the cluster. Knows two paths and no more.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What is shown. */
export interface HttpOptions {
  /** `host:port`; IPv6 hosts stand in brackets. */
  readonly listen: string;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** Why the hub cannot serve now, or undefined when it can. */
  readonly fault: () => string | undefined;
}

/** The open port. */
export interface HttpServing {
  readonly port: number;
  close(): Promise<void>;
}

/** Opens the port. Rejects when it cannot be bound, naming its flag. */
export async function serveHttp(options: HttpOptions): Promise<HttpServing> {
  const server = createServer((request, response) => {
    const path = (request.url ?? "").split("?")[0];
    if (path === "/healthz") {
      const fault = options.fault();
      response
        .writeHead(fault === undefined ? 200 : 503, { "content-type": "text/plain" })
        .end(`${fault ?? "ok"}\n`);
    } else if (path === "/metrics") {
      options.metrics().then(
        ({ contentType, text }) => response.writeHead(200, { "content-type": contentType }).end(text),
        (error: unknown) =>
          response.writeHead(500, { "content-type": "text/plain" }).end(`${String(error)}\n`),
      );
    } else {
      response.writeHead(404, { "content-type": "text/plain" }).end("There are /metrics and /healthz.\n");
    }
  });
  server.requestTimeout = 10_000;
  server.maxConnections = 64;
  const { host, port } = splitAddress(options.listen);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        new Error(
          `Cannot listen on --metrics-listen ${options.listen}: ${error.message}. Free it or choose another.`,
        ),
      ),
    );
    server.listen({ host, port }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** `host:port` taken apart. Throws an error that quotes the text. */
export function splitAddress(text: string): { readonly host: string; readonly port: number } {
  const {
    six,
    host = six,
    digits,
  } = /^(?:\[(?<six>[0-9a-fA-F:]+)\]|(?<host>[^:\s]+)):(?<digits>\d{1,5})$/.exec(text)?.groups ?? {};
  const port = Number(digits);
  if (host === undefined || !(port <= 65_535)) {
    throw new Error(
      `Cannot read address ${JSON.stringify(text)}: it must be host:port, and an IPv6 host stands in brackets.`,
    );
  }
  return { host, port };
}
