// Health and metrics over HTTP. Liveness is that the process answers; readiness that it can take part in the
// election. Neither asks the hub: a hub that is away must not restart agents.

import { createServer } from "node:http";
import type { Registry } from "prom-client";
import { parseAddress } from "./link/join.ts";

/** What readiness says. */
export type Readiness = { readonly ready: true } | { readonly ready: false; readonly why: string };

/** Serves `/healthz`, `/readyz` and `/metrics`. Rejects when the address cannot be bound. */
export async function serveHttp(
  listen: string,
  registry: Registry,
  readiness: () => Readiness,
): Promise<{ readonly close: () => void }> {
  const { host, port } = parseAddress(listen);
  const server = createServer((request, response) => {
    const answer = (status: number, body: string, type = "text/plain") => {
      response.writeHead(status, { "content-type": type }).end(`${body}\n`);
    };
    switch (request.url ?? "") {
      case "/healthz":
        return answer(200, "ok");
      case "/readyz": {
        const state = readiness();
        return state.ready ? answer(200, "ok") : answer(503, state.why);
      }
      case "/metrics":
        registry.metrics().then(
          (text) => answer(200, text, registry.contentType),
          (error: unknown) => answer(500, String(error)),
        );
        return undefined;
      default:
        return answer(404, "there is /healthz, /readyz and /metrics");
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new Error(`Cannot serve health and metrics at ${listen}: ${cause.message}`, { cause })),
    );
    server.listen(port, host, resolve);
  });
  return { close: () => server.close() };
}
