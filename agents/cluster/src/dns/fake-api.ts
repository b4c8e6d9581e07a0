// For tests: the part of an API server that ConfigMaps need, over HTTP: get, list, watch from a version on,
// create, and merge patches that name the version they were made for. It refuses every other request.

import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Texts = Readonly<Record<string, string>>;

interface ConfigMapObject {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels: Texts;
    readonly annotations: Texts;
  };
  readonly data: Texts;
}

interface Change {
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly data?: Texts;
}

interface Event {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: ConfigMapObject;
}

/** A running fake. */
export interface FakeApi {
  readonly url: string;
  /** What it holds. */
  get(namespace: string, name: string): ConfigMapObject | undefined;
  /** Sets data as somebody else would. */
  put(namespace: string, name: string, data: Texts): void;
  close(): Promise<void>;
}

/** Starts a fake on a free loopback port. */
export async function startFakeApi(): Promise<FakeApi> {
  const held = new Held();
  const server = createServer((request, response) => void answer(held, request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get: (namespace, name) => held.objects.get(`${namespace}/${name}`),
    put: (namespace, name, data) => void held.store(namespace, name, { data }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The objects, every event since the start, and who follows them. */
class Held {
  readonly objects = new Map<string, ConfigMapObject>();
  readonly events: Event[] = [];
  readonly followers = new Set<(event: Event) => void>();

  get version(): number {
    return this.events.length + 1;
  }

  store(namespace: string, name: string, change: Change): ConfigMapObject {
    const key = `${namespace}/${name}`;
    const before = this.objects.get(key);
    const fresh = { namespace, name, uid: key, labels: {}, annotations: {} };
    const resourceVersion = String(this.version + 1);
    const object = {
      metadata: { ...fresh, ...before?.metadata, ...change.metadata, resourceVersion },
      data: { ...before?.data, ...change.data },
    };
    this.objects.set(key, object);
    const event: Event = { type: before === undefined ? "ADDED" : "MODIFIED", object };
    this.events.push(event);
    for (const follow of this.followers) follow(event);
    return object;
  }
}

async function answer(held: Held, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "", "http://fake");
  const path = /^\/api\/v1\/namespaces\/([^/]+)\/configmaps(?:\/([^/]+))?$/.exec(url.pathname);
  const [, namespace = "", name] = path ?? [];
  if (request.method === "GET" && name === undefined) {
    collection(held, namespace, url.searchParams, response);
  } else if (request.method === "GET") {
    const object = held.objects.get(`${namespace}/${name}`);
    if (object === undefined) refuse(response, 404);
    else reply(response, 200, object);
  } else {
    const change = JSON.parse(await read(request)) as Change;
    write(
      held,
      { namespace, name, change, kind: `${request.method} ${request.headers["content-type"]}` },
      response,
    );
  }
}

function collection(held: Held, namespace: string, query: URLSearchParams, response: ServerResponse): void {
  const name = query.get("fieldSelector")?.replace("metadata.name=", "");
  const matches = ({ metadata }: ConfigMapObject) =>
    metadata.namespace === namespace && metadata.name === name;
  if (query.get("watch") !== "true") {
    const items = [...held.objects.values()].filter(matches);
    reply(response, 200, { metadata: { resourceVersion: String(held.version) }, items });
    return;
  }
  const follow = (event: Event) =>
    void (matches(event.object) && response.write(`${JSON.stringify(event)}\n`));
  response.writeHead(200).flushHeaders();
  for (const event of held.events.slice(Number(query.get("resourceVersion")) - 1)) follow(event);
  held.followers.add(follow);
  response.on("close", () => held.followers.delete(follow));
}

interface Write {
  readonly namespace: string;
  readonly name: string | undefined;
  readonly change: Change;
  /** Method and content type. */
  readonly kind: string;
}

function write(held: Held, { namespace, name, change, kind }: Write, response: ServerResponse): void {
  const of = name ?? String(change.metadata?.["name"]);
  const object = held.objects.get(`${namespace}/${of}`);
  if (kind === "POST application/json") {
    if (object === undefined) reply(response, 201, held.store(namespace, of, change));
    else refuse(response, 409);
  } else if (kind === "PATCH application/merge-patch+json") {
    if (object === undefined) refuse(response, 404);
    else if (change.metadata?.["resourceVersion"] !== object.metadata.resourceVersion) refuse(response, 409);
    else reply(response, 200, held.store(namespace, of, change));
  } else refuse(response, 405);
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, code: number): void {
  reply(response, code, { kind: "Status", code, reason: `Code${code}`, message: "refused" });
}

async function read(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request) text += String(part);
  return text;
}
