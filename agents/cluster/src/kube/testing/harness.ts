// What the contract suite needs of an API server, be it the real one or the fake. For tests.

import type { Access } from "../auth.ts";
import type { KubeClient, Method, RequestOptions } from "../client.ts";

/** An API server under test. */
export interface Harness {
  /** Access as administrator. */
  readonly admin: Access;
  /** Access of somebody who may do nothing until `grant` lets it read ServiceExports. */
  restricted(): Promise<Access>;
  grant(): Promise<void>;
  close(): Promise<void>;
}

/** A client that writes down what was asked. */
export interface RecordingClient extends KubeClient {
  /** `LIST path` and `WATCH path version`, in order. */
  readonly asked: string[];
}

/** Wraps a client. */
export function recordingClient(client: KubeClient): RecordingClient {
  const asked: string[] = [];
  return {
    server: client.server,
    asked,
    request: (method: Method, path: string, options?: RequestOptions) => {
      asked.push(
        `${method === "GET" ? "LIST" : method} ${path}${options?.query?.["continue"] === undefined ? "" : " continued"}`,
      );
      return client.request(method, path, options);
    },
    stream: (path, query, handler, signal) => {
      asked.push(`WATCH ${path} ${query["resourceVersion"]}`);
      return client.stream(path, query, handler, signal);
    },
    close: () => client.close(),
  };
}

/** A client whose requests go through `request`. */
export function withRequest(client: KubeClient, request: KubeClient["request"]): KubeClient {
  return {
    server: client.server,
    request,
    stream: (path, query, handler, signal) => client.stream(path, query, handler, signal),
    close: () => client.close(),
  };
}
