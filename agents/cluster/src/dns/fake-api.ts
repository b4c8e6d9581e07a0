// For tests: the part of an API server that ConfigMaps need, over HTTP: get, list, watch, create, and merge
// patches that name the version they were made for. It refuses every other request.

import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface ConfigMapObject {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly data: Readonly<Record<string, string>>;
}

/** A running fake. */
export interface FakeApi {
  readonly url: string;
  /** What it holds. */
  get(namespace: string, name: string): ConfigMapObject | undefined;
  /** Sets or, without data, deletes one, as somebody else would. */
  put(namespace: string, name: string, data: Readonly<Record<string, string>> | undefined): void;
  close(): Promise<void>;
}

/** Starts a fake on a free loopback port. */
export async function startFakeApi(): Promise<FakeApi> {
  const objects = new Map<string, ConfigMapObject>();
  const watches = new Set<{
    readonly response: ServerResponse;
    readonly matches: (key: string) => boolean;
  }>();
  let version = 1;

  function store(
    namespace: string,
    name: string,
    change: Partial<Pick<ConfigMapObject, "data">> & { metadata?: object },
  ) {
    const key = `${namespace}/${name}`;
    const held = objects.get(key);
    version += 1;
    const base = { namespace, name, uid: key, labels: {}, annotations: {} };
    const metadata = { ...base, ...held?.metadata, ...change.metadata, resourceVersion: String(version) };
    const object = { metadata, data: { ...held?.data, ...change.data } };
    objects.set(key, object);
    tell(key, held === undefined ? "ADDED" : "MODIFIED", object);
    return object;
  }

  function tell(key: string, type: string, object: ConfigMapObject) {
    for (const watch of watches)
      if (watch.matches(key)) watch.response.write(`${JSON.stringify({ type, object })}\n`);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", "http://fake");
    const [, namespace = "", name] =
      /^\/api\/v1\/namespaces\/([^/]+)\/configmaps(?:\/([^/]+))?$/.exec(url.pathname) ?? [];
    const reply = (status: number, body: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    const refuse = (code: number, reason: string) =>
      reply(code, { kind: "Status", code, reason, message: reason });
    const body = request.method === "GET" ? undefined : JSON.parse(await read(request));
    const held = objects.get(`${namespace}/${name ?? body?.metadata?.name}`);
    if (request.method === "GET" && name !== undefined) {
      if (held === undefined) refuse(404, "NotFound");
      else reply(200, held);
    } else if (request.method === "GET") {
      const wanted = url.searchParams.get("fieldSelector")?.replace("metadata.name=", "");
      const matches = (key: string) => key === `${namespace}/${wanted}`;
      if (url.searchParams.get("watch") === "true") {
        response.writeHead(200).flushHeaders();
        const watch = { response, matches };
        watches.add(watch);
        response.on("close", () => watches.delete(watch));
      } else {
        const items = [...objects].filter(([key]) => matches(key)).map(([, object]) => object);
        reply(200, { kind: "ConfigMapList", metadata: { resourceVersion: String(version) }, items });
      }
    } else if (request.method === "POST") {
      if (held === undefined) reply(201, store(namespace, body.metadata.name, body));
      else refuse(409, "AlreadyExists");
    } else if (
      request.method === "PATCH" &&
      request.headers["content-type"] === "application/merge-patch+json"
    ) {
      if (held === undefined) refuse(404, "NotFound");
      else if (body.metadata.resourceVersion !== held.metadata.resourceVersion) refuse(409, "Conflict");
      else reply(200, store(namespace, held.metadata.name, body));
    } else refuse(405, "MethodNotAllowed");
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get: (namespace, name) => objects.get(`${namespace}/${name}`),
    put(namespace, name, data) {
      const key = `${namespace}/${name}`;
      const held = objects.get(key);
      if (data !== undefined) store(namespace, name, { data });
      else if (held !== undefined && objects.delete(key)) {
        version += 1;
        tell(key, "DELETED", { ...held, metadata: { ...held.metadata, resourceVersion: String(version) } });
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function read(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request) text += String(part);
  return text;
}
