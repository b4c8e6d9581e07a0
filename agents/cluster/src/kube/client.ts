// Requests to one API server over kept-alive connections: JSON in, JSON out, typed errors.
// Refuses to repeat a write: only reads are tried again, a bounded number of times.

import { Pool } from "undici";
import type { Access } from "./auth.ts";
import { createBackoff, sleep } from "./backoff.ts";
import { KubeError, answerError, hasStatus, unreachable } from "./error.ts";

/** HTTP methods that the API server knows. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Media types of bodies. */
export const contentTypes = {
  json: "application/json",
  mergePatch: "application/merge-patch+json",
  serverSideApply: "application/apply-patch+yaml",
} as const;

/** Options of one request. */
export interface RequestOptions {
  /** Sent as JSON (which is YAML too). */
  readonly body?: unknown;
  /** `application/json` unless told. */
  readonly contentType?: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Ends the request; it then rejects with a KubeError of status 0. */
  readonly signal?: AbortSignal;
  /** How long to wait for the answer, and between its pieces, milliseconds. */
  readonly timeoutMs?: number;
}

/** A streamed answer. */
export interface StreamHandler {
  /** The answer began with a success. */
  onOpen(): void;
  onChunk(chunk: Buffer): void;
}

/** One API server. */
export interface KubeClient {
  /** For people: the server's address. */
  readonly server: string;
  /**
   * One request and its answer's JSON (`undefined` for an empty body). Reads are tried again after 429, 5xx and network errors.
   * @throws KubeError
   */
  request(method: Method, path: string, options?: RequestOptions): Promise<unknown>;
  /**
   * A long GET whose answer is handed on as it arrives; resolves when the server ends it.
   * @throws KubeError when it is refused, breaks off or is aborted.
   */
  stream(
    path: string,
    query: Readonly<Record<string, string>>,
    handler: StreamHandler,
    signal: AbortSignal,
  ): Promise<void>;
  /** Breaks every connection. */
  close(): Promise<void>;
}

/** Bounds; the defaults suit a server in the same network. */
export interface ClientOptions {
  /** Requests in flight at once; streams have connections of their own. */
  readonly connectionsMax?: number;
  readonly timeoutMs?: number;
  /** Attempts of a read, the first included. */
  readonly attemptsMax?: number;
}

const answerBytesMax = 256 * 1024 * 1024;

/** A client for one API server. HTTP/1.1: a watch has its connection for itself, so nothing queues behind it. */
export function createKubeClient(access: Access, options: ClientOptions = {}): KubeClient {
  return new PooledClient(access, options);
}

class PooledClient implements KubeClient {
  readonly server: string;
  readonly #access: Access;
  readonly #requests: Pool;
  readonly #streams: Pool;
  readonly #timeoutMs: number;
  readonly #attemptsMax: number;

  constructor(access: Access, options: ClientOptions) {
    const connect = { ...access.tls, keepAliveInitialDelay: 10_000, timeout: 5_000 };
    // The API server closes idle connections after 90 s; leaving them earlier avoids writing into a closing one.
    const shared = { connect, allowH2: false, pipelining: 1, keepAliveTimeout: 60_000 };
    const connections = options.connectionsMax ?? 16;
    this.#requests = new Pool(access.server, { ...shared, connections, maxResponseSize: answerBytesMax });
    this.#streams = new Pool(access.server, { ...shared, connections: 64 });
    this.#access = access;
    this.#timeoutMs = options.timeoutMs ?? 10_000;
    this.#attemptsMax = options.attemptsMax ?? 4;
    this.server = access.server;
  }

  async request(method: Method, path: string, options: RequestOptions = {}): Promise<unknown> {
    const backoff = createBackoff({ minMs: 50, maxMs: 2_000 });
    for (let left = this.#attemptsMax; ; left--) {
      try {
        return await this.#attempt(method, path, options);
      } catch (error) {
        if (left <= 1 || options.signal?.aborted === true || !mayRepeat(method, error)) throw error;
        const asked = error instanceof KubeError ? error.retryAfterSeconds * 1_000 : 0;
        await sleep(Math.max(backoff.next(), Math.min(asked, 5_000)), options.signal);
      }
    }
  }

  async stream(
    path: string,
    query: Readonly<Record<string, string>>,
    handler: StreamHandler,
    signal: AbortSignal,
  ): Promise<void> {
    const headers = await this.#headers(undefined);
    try {
      await openStream({ pool: this.#streams, path, query, headers, handler, signal, server: this.server });
    } catch (error) {
      if (hasStatus(error, 401)) this.#access.forget();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#requests.destroy(), this.#streams.destroy()]);
  }

  async #headers(contentType: string | undefined): Promise<Record<string, string>> {
    const authorization = await this.#access.authorization();
    return {
      accept: "application/json",
      "user-agent": "sealane-agent",
      ...(contentType === undefined ? {} : { "content-type": contentType }),
      ...(authorization === undefined ? {} : { authorization }),
    };
  }

  async #attempt(method: Method, path: string, options: RequestOptions): Promise<unknown> {
    const { status, text, retryAfter } = await this.#exchange(method, path, options);
    if (status === 401) this.#access.forget();
    if (status < 200 || status > 299) throw answerError(method, path, status, text, retryAfter);
    return text === "" ? undefined : parseAnswer(method, path, text);
  }

  async #exchange(
    method: Method,
    path: string,
    options: RequestOptions,
  ): Promise<{ status: number; text: string; retryAfter: string | undefined }> {
    const timeout = options.timeoutMs ?? this.#timeoutMs;
    const withBody = options.body !== undefined;
    try {
      const answer = await this.#requests.request({
        method,
        path: withQuery(path, options.query),
        headers: await this.#headers(withBody ? (options.contentType ?? contentTypes.json) : undefined),
        body: withBody ? JSON.stringify(options.body) : null,
        headersTimeout: timeout,
        bodyTimeout: timeout,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
      const header = answer.headers["retry-after"];
      const retryAfter = typeof header === "string" ? header : undefined;
      return { status: answer.statusCode, text: await answer.body.text(), retryAfter };
    } catch (cause) {
      throw unreachable(method, path, this.server, cause);
    }
  }
}

/** Reads may be repeated; a write that was refused for its credentials had no effect, so it may be too. */
function mayRepeat(method: Method, error: unknown): boolean {
  if (!(error instanceof KubeError)) return false;
  if (method !== "GET") return error.status === 401;
  return error.status === 0 || error.status === 401 || error.status === 429 || error.status >= 500;
}

function withQuery(path: string, query: Readonly<Record<string, string>> | undefined): string {
  if (query === undefined) return path;
  const text = new URLSearchParams(query).toString();
  return text === "" ? path : `${path}?${text}`;
}

function parseAnswer(method: string, path: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new KubeError(
      `${method} ${path} was answered with something other than JSON: "${text.slice(0, 80)}"`,
      {
        status: 0,
        reason: "InvalidAnswer",
        cause,
      },
    );
  }
}

interface Opening {
  readonly pool: Pool;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Record<string, string>;
  readonly handler: StreamHandler;
  readonly signal: AbortSignal;
  readonly server: string;
}

/** Dispatches by hand: a chunk reaches the handler in the turn in which the socket gave it, without a stream between. */
function openStream(o: Opening): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let abort: (() => void) | undefined;
  let status = 0;
  let refusal = "";
  const end = (settle: () => void): void => {
    if (abort !== undefined) o.signal.removeEventListener("abort", abort);
    settle();
  };
  o.pool.dispatch(
    {
      method: "GET",
      path: withQuery(o.path, o.query),
      headers: o.headers,
      headersTimeout: 15_000,
      bodyTimeout: 0,
    },
    {
      onRequestStart: (controller) => {
        abort = () => controller.abort(new Error("aborted"));
        if (o.signal.aborted) abort();
        else o.signal.addEventListener("abort", abort, { once: true });
      },
      onResponseStart: (_controller, statusCode) => {
        status = statusCode;
        if (status === 200) o.handler.onOpen();
      },
      onResponseData: (_controller, chunk) => {
        if (status === 200) o.handler.onChunk(chunk);
        else if (refusal.length < 4_096) refusal += chunk.toString("utf8");
      },
      onResponseEnd: () => {
        end(() => (status === 200 ? resolve() : reject(answerError("WATCH", o.path, status, refusal))));
      },
      onResponseError: (_controller, cause) => {
        end(() => reject(unreachable("WATCH", o.path, o.server, cause)));
      },
    },
  );
  return promise;
}
