// An API server in memory, for speed in tests: lists in pages, watches with bookmarks, 410, conflicts. The
// contract suite runs the same cases against it and against a real kube-apiserver, which keeps it honest.

import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Access } from "../auth.ts";
import { resources } from "../resource.ts";
import { changed, keepIpAddresses, withDefaults } from "./fake-defaults.ts";
import { FakeObjects, FakeRefusal } from "./fake-objects.ts";
import type { FakeEvent, FakeObject } from "./fake-objects.ts";
import type { Harness } from "./harness.ts";
import { mergePatch } from "./merge-patch.ts";

type Body = Record<string, unknown> & { metadata?: Record<string, unknown> };

interface Target {
  readonly collection: string;
  readonly namespace: string;
  readonly name: string;
  readonly part: "object" | "status";
}

/** A write that reached the fake. */
export interface FakeWrite extends Target {
  readonly method: string;
}

const crds = "apiextensions.k8s.io/customresourcedefinitions";

const customGroups: readonly string[] = ["multicluster.x-k8s.io", "about.k8s.io"];

/** A running fake; its objects can be looked into. */
export interface FakeApiServer extends Harness {
  readonly objects: FakeObjects;
  /** Collections that are watched now, one entry for each watch. */
  watches(): readonly string[];
  /** Refuses writes for which the rule gives a refusal, as rights, quotas and admission do; gives what ends it. */
  deny(rule: (write: FakeWrite) => FakeRefusal | undefined): () => void;
}

/** Starts a fake on loopback. Custom kinds are served once their CRD was created, or at once if told. */
export async function startFakeApiServer(options: { crds: "served" | "missing" }): Promise<FakeApiServer> {
  const objects = new FakeObjects();
  objects.listen((event) => keepIpAddresses(objects, event));
  const served = new Set<string>(["customresourcedefinitions.apiextensions.k8s.io"]);
  for (const { plural, group } of Object.values(resources)) {
    if (!customGroups.includes(group) || options.crds === "served")
      served.add(group === "" ? plural : `${plural}.${group}`);
  }
  let granted = false;
  const denials = new Set<(write: FakeWrite) => FakeRefusal | undefined>();
  const watchers = new Map<ServerResponse, string>();
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => refuse(response, error));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://fake");
    const target = targetOf(url.pathname);
    if (request.headers.authorization === "Bearer restricted" && !granted) {
      throw new FakeRefusal(403, "Forbidden", `restricted cannot use ${target.collection}`);
    }
    const [group = "", plural = ""] = target.collection.includes("/")
      ? target.collection.split("/")
      : ["", target.collection];
    if (!served.has(group === "" ? plural : `${plural}.${group}`))
      throw new FakeRefusal(404, "NotFound", "the server could not find the requested resource");
    if (request.method === "GET" && url.searchParams.get("watch") === "true") {
      watchers.set(response, target.collection);
      response.on("close", () => watchers.delete(response));
      watch(objects, target, url.searchParams, response);
      return;
    }
    const method = request.method ?? "GET";
    if (method !== "GET") {
      for (const rule of denials) {
        const refusal = rule({ ...target, method });
        if (refusal !== undefined) throw refusal;
      }
    }
    const body = JSON.parse((await text(request)) || "{}") as Body;
    send(response, method === "POST" ? 201 : 200, handle(method, target, url.searchParams, body, request));
  }

  function handle(
    method: string,
    target: Target,
    query: URLSearchParams,
    body: Body | undefined,
    request: IncomingMessage,
  ): unknown {
    const { collection, namespace, name, part } = target;
    if (collection === crds) serveCrd(method, name === "" ? String(body?.metadata?.["name"]) : name);
    switch (method) {
      case "GET":
        return name === "" ? page(objects, target, query) : objects.get(collection, namespace, name);
      case "POST":
        return objects.create(collection, namespace, withDefaults(objects, collection, body ?? {}));
      case "PUT":
        return objects.update(
          collection,
          namespace,
          name,
          changed(objects, collection, objects.get(collection, namespace, name), body ?? {}),
          part,
        );
      case "PATCH": {
        const held = objects.get(collection, namespace, name);
        const apply = request.headers["content-type"] === "application/apply-patch+yaml";
        const merged = mergePatch(held, body) as Body;
        const status = apply
          ? { ...(held.status as object), ...(body?.["status"] as object) }
          : merged["status"];
        const whole = { ...merged, metadata: { ...held.metadata, ...merged.metadata }, status };
        return objects.update(collection, namespace, name, changed(objects, collection, held, whole), part);
      }
      case "DELETE":
        return objects.remove(collection, namespace, name);
      default:
        throw new FakeRefusal(405, "MethodNotAllowed", method);
    }
  }

  function serveCrd(method: string, name: string): void {
    if (method === "POST") served.add(name);
    if (method !== "DELETE") return;
    served.delete(name);
    const [plural, ...group] = name.split(".");
    objects.clear(`${group.join(".")}/${plural}`);
    // The kind's watch cache goes with its CRD, and so do its watches.
    objects.forget();
    for (const [response, collection] of watchers)
      if (collection === `${group.join(".")}/${plural}`) response.end();
  }

  objects.create("networking.k8s.io/servicecidrs", "", {
    metadata: { name: "kubernetes" },
    spec: { cidrs: ["10.112.0.0/16", "fd00:112::/112"] },
  });
  objects.create("namespaces", "", { metadata: { name: "kube-system" } });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const accessOf = (token: string): Access => ({
    server: address,
    tls: {},
    authorization: async () => `Bearer ${token}`,
    forget: () => {},
  });
  return {
    objects,
    watches: () => [...watchers.values()],
    deny: (rule) => {
      denials.add(rule);
      return () => denials.delete(rule);
    },
    admin: accessOf("admin"),
    restricted: async () => accessOf("restricted"),
    grant: async () => {
      granted = true;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function targetOf(path: string): Target {
  const parts = path.split("/").slice(1);
  const group = parts[0] === "apis" ? (parts[1] ?? "") : "";
  let rest = parts.slice(parts[0] === "apis" ? 3 : 2);
  let namespace = "";
  if (rest[0] === "namespaces" && rest.length > 2) {
    namespace = rest[1] ?? "";
    rest = rest.slice(2);
  }
  const plural = rest[0] ?? "";
  return {
    collection: group === "" ? plural : `${group}/${plural}`,
    namespace,
    name: rest[1] ?? "",
    part: rest[2] === "status" ? "status" : "object",
  };
}

function page(objects: FakeObjects, { collection, namespace }: Target, query: URLSearchParams): object {
  const limit = Number(query.get("limit") ?? Infinity);
  const [from = 0, version = objects.version] = (query.get("continue") ?? "")
    .split(":")
    .filter(Boolean)
    .map(Number);
  if (version < objects.oldest) throw new FakeRefusal(410, "Expired", "the continue token is too old");
  const all = objects.list(collection, namespace).filter((object) => isSelected(object, query));
  const items = all.slice(from, from + limit);
  const next = from + items.length;
  const more = next < all.length ? { continue: `${next}:${version}` } : {};
  return { kind: "List", metadata: { resourceVersion: String(version), ...more }, items };
}

/** Events since the version asked for, then live ones; a bookmark now, one before the end, as the real server sends. */
function watch(
  objects: FakeObjects,
  { collection, namespace }: Target,
  query: URLSearchParams,
  response: ServerResponse,
): void {
  const from = Number(query.get("resourceVersion"));
  response.writeHead(200, { "content-type": "application/json" });
  response.flushHeaders();
  if (from < objects.oldest) {
    response.end(
      `${JSON.stringify({ type: "ERROR", object: statusOf(410, "Expired", `too old resource version: ${from}`) })}\n`,
    );
    return;
  }
  const tell = (event: FakeEvent): void => {
    if (
      event.collection !== collection ||
      (namespace !== "" && event.object.metadata.namespace !== namespace)
    )
      return;
    const type = typeFor(event, query);
    if (type !== undefined) response.write(`${JSON.stringify({ type, object: event.object })}\n`);
  };
  for (const event of objects.since(from)) tell(event);
  const stop = objects.listen(tell);
  const bookmark = (): void => {
    const object = {
      kind: "Bookmark",
      metadata: { resourceVersion: String(objects.version), creationTimestamp: null },
    };
    response.write(`${JSON.stringify({ type: "BOOKMARK", object })}\n`);
  };
  const seconds = Number(query.get("timeoutSeconds"));
  const timers = [setTimeout(bookmark, seconds * 500), setTimeout(() => response.end(), seconds * 1_000)];
  response.on("close", () => {
    stop();
    for (const timer of timers) clearTimeout(timer);
  });
}

/** How an event looks through selectors: an object that leaves the selection is deleted for that watcher. */
function typeFor(event: FakeEvent, query: URLSearchParams): FakeEvent["type"] | undefined {
  const now = event.type !== "DELETED" && isSelected(event.object, query);
  const before = event.before !== undefined && isSelected(event.before, query);
  if (now) return before ? "MODIFIED" : "ADDED";
  return before ? "DELETED" : undefined;
}

function isSelected({ metadata }: FakeObject, query: URLSearchParams): boolean {
  const fields = query.get("fieldSelector") ?? "";
  if (fields !== "" && fields !== `metadata.name=${metadata.name}`) return false;
  return (query.get("labelSelector") ?? "").split(",").every((term) => {
    if (term === "") return true;
    const [key = "", value] = term.includes("!=") ? term.split("!=") : term.split("=");
    return term.includes("!=") ? metadata.labels?.[key] !== value : metadata.labels?.[key] === value;
  });
}

function refuse(response: ServerResponse, error: unknown): void {
  const { code, reason, message } =
    error instanceof FakeRefusal ? error : { code: 500, reason: "InternalError", message: String(error) };
  send(response, code, statusOf(code, reason, message));
}

function statusOf(code: number, reason: string, message: string): object {
  return { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message };
}

function send(response: ServerResponse, code: number, body: unknown): void {
  if (response.headersSent) return;
  response.writeHead(code, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
