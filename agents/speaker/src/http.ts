// Health and metrics over HTTP. Liveness is that the process answers; readiness that BIRD and the kernel do.
// Neither asks the agent: an agent that is away must not restart speakers.

import { createServer } from "node:http";
import type { Registry } from "prom-client";
import { parseHostPort } from "./address.ts";

/** Serves `/healthz`, `/readyz` and `/metrics`. `notReady` gives why not, or undefined. Rejects when it cannot bind. */
export async function serveHttp(
  listen: string,
  registry: Registry,
  notReady: () => string | undefined,
): Promise<{ readonly close: () => void }> {
  const { host, port } = parseHostPort(listen);
  const server = createServer((request, response) => {
    const answer = (status: number, body: string, type = "text/plain") => {
      response.writeHead(status, { "content-type": type }).end(`${body}\n`);
    };
    switch (request.url ?? "") {
      case "/healthz":
        return answer(200, "ok");
      case "/readyz": {
        const why = notReady();
        return why === undefined ? answer(200, "ok") : answer(503, why);
      }
      case "/metrics":
        registry.metrics().then(
          (text) => answer(200, text.trimEnd(), registry.contentType),
          (error: unknown) => answer(500, String(error)),
        );
        return undefined;
      default:
        return answer(404, "there is /healthz, /readyz and /metrics");
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      reject(new Error(`Cannot serve health and metrics at ${listen}: ${cause.message}`, { cause }));
    });
    server.listen(port, host, resolve);
  });
  return {
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
