// The few requests that the lab itself makes of an API server, over node:https with the admin's
// certificate. It caches nothing and retries nothing.

import { Agent, request } from "node:https";
import type { Access } from "./kubeconfig.ts";

/** A way to ask one API server. */
export interface ApiClient {
  /** GETs a path and parses the JSON answer; throws on any status but 200, with the server's message. */
  readonly get: <T>(path: string) => Promise<T>;
  /** GETs a path that answers plain text. */
  readonly text: (path: string) => Promise<string>;
  readonly close: () => void;
}

const requestTimeoutMs = 5_000;

/** A client that speaks as `access` says. Close it: it keeps a connection. */
export function apiClient(access: Access): ApiClient {
  const agent = new Agent({
    keepAlive: true,
    ca: access.authority,
    cert: access.identity.certificate,
    key: access.identity.key,
  });
  const text = (path: string) => get(agent, new URL(path, access.server));
  return {
    text,
    get: async <T>(path: string) => JSON.parse(await text(path)) as T,
    close: () => agent.destroy(),
  };
}

function get(agent: Agent, url: URL): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request(url, { agent, timeout: requestTimeoutMs }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const body = Buffer.concat(chunks).toString();
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`GET ${url.href} answered ${response.statusCode}: ${body.slice(0, 500)}`));
      });
    });
    call.on("timeout", () =>
      call.destroy(new Error(`GET ${url.href} took more than ${requestTimeoutMs} ms`)),
    );
    call.on("error", reject);
    call.end();
  });
}
