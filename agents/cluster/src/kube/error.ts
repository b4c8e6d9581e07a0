// What a failed request to the API server says: what was tried, what came back, and the cure.

/** A request that failed. */
export class KubeError extends Error {
  override readonly name = "KubeError";
  /** HTTP status, or 0 when no answer came (network, TLS, deadline). */
  readonly status: number;
  /** `reason` of the Status object (`NotFound`, `Conflict`, `AlreadyExists`, ...), or `Unreachable` without an answer. */
  readonly reason: string;
  /** How it was asked, as `POST`; empty where no one request failed. */
  readonly method: string;
  /** Seconds that the server asks to wait before trying again; 0 when it does not. */
  readonly retryAfterSeconds: number;

  constructor(
    message: string,
    options: { status: number; reason: string; method?: string; retryAfterSeconds?: number; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status;
    this.reason = options.reason;
    this.method = options.method ?? "";
    this.retryAfterSeconds = options.retryAfterSeconds ?? 0;
  }
}

/** Whether the error is a KubeError with this HTTP status. */
export function hasStatus(error: unknown, status: number): error is KubeError {
  return error instanceof KubeError && error.status === status;
}

/** Statuses by which the API server says that it understood a write and does not let it pass, now or the next time. */
const denials: ReadonlySet<number> = new Set([400, 403, 413, 422]);

/** Whether the API server denies this: rights, quota, admission, validation. Trying again at once would not help. */
export function isDenied(error: unknown): error is KubeError {
  return error instanceof KubeError && denials.has(error.status);
}

/**
 * Statuses that say nothing of the write itself: credentials, what is gone or changed, too much to do, and whoever stands
 * before an API server that restarts.
 */
const passing: ReadonlySet<number> = new Set([401, 404, 408, 409, 429, 502, 503, 504]);
/** The API server's words, with 500, where its own storage did not answer. */
const storageAway = /etcdserver:|rpc error:|context deadline exceeded/;

const writeMethods: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/**
 * Whether the API server refuses this one write, whatever the cause: it may as well be a range without a free address, or
 * a webhook that cannot be called, which are 500. Other writes may pass all the same.
 */
export function isRefusedWrite(error: unknown): error is KubeError {
  if (!(error instanceof KubeError) || !writeMethods.has(error.method)) return false;
  if (error.status < 400 || passing.has(error.status)) return false;
  return error.message.includes("failed calling webhook") || !storageAway.test(error.message);
}

/** Whether a write failed because its namespace is being deleted, or is gone. */
export function isNamespaceGone(error: unknown): boolean {
  if (hasStatus(error, 403)) return error.message.includes("because it is being terminated");
  return hasStatus(error, 404) && /namespaces "[^"]*" not found/.test(error.message);
}

/** Message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The error for an answer that is not a success. `body` is the answer's text; a Status object in it gives reason and message. */
export function answerError(
  method: string,
  path: string,
  status: number,
  body: string,
  retryAfter?: string,
): KubeError {
  const parsed = parseStatus(body);
  const reason = parsed.reason ?? `HTTP ${status}`;
  const said = parsed.message ?? body.slice(0, 200);
  const seconds = Number(retryAfter ?? parsed.retryAfterSeconds ?? 0);
  return new KubeError(
    `${method} ${path} failed with ${status} ${reason}: ${said}${cure({ method, path, status, reason, said })}`,
    {
      status,
      reason,
      method,
      retryAfterSeconds: Number.isFinite(seconds) && seconds > 0 ? seconds : 0,
    },
  );
}

/** The error for a request that got no answer. */
export function unreachable(method: string, path: string, server: string, cause: unknown): KubeError {
  const text = `${method} ${path} got no answer from ${server}: ${messageOf(cause)}. Check that the API server runs and is reachable from here.`;
  return new KubeError(text, { status: 0, reason: "Unreachable", cause });
}

function parseStatus(body: string): { reason?: string; message?: string; retryAfterSeconds?: number } {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== "object" || value === null) return {};
    const { reason, message, details } = value as {
      reason?: unknown;
      message?: unknown;
      details?: { retryAfterSeconds?: unknown };
    };
    return {
      ...(typeof reason === "string" && reason !== "" ? { reason } : {}),
      ...(typeof message === "string" ? { message } : {}),
      ...(typeof details?.retryAfterSeconds === "number"
        ? { retryAfterSeconds: details.retryAfterSeconds }
        : {}),
    };
  } catch {
    return {};
  }
}

interface Answer {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly reason: string;
  /** The API server's words. */
  readonly said: string;
}

function cure(answer: Answer): string {
  const { path, status, reason } = answer;
  const target = splitPath(path);
  if (status === 401)
    return ". The credentials are not accepted: check the service account's token or the kubeconfig.";
  if (denials.has(status)) return denialCure(answer);
  if (status >= 500) return failureCure(answer);
  if (status === 404 && target.name === "") {
    return `. The API server does not serve ${target.resource} as ${target.version}, or namespace "${target.namespace}" does not exist: install the CRD, or create the namespace.${crdCure(target.resource)}`;
  }
  if (status === 404) return ". The object is gone, or the API server does not serve its kind.";
  if (reason === "AlreadyExists") return ". Read it, and update it if it is ours.";
  if (status === 409) return ". Somebody changed it since it was read: read it again and repeat the change.";
  return "";
}

/** Rights are missing only when nothing else of what the API server says explains the refusal. */
function denialCure({ method, path, status, said }: Answer): string {
  const { resource, namespace, name } = splitPath(path);
  if (said.includes("exceeded quota")) return `. Raise the ResourceQuota of namespace "${namespace}".`;
  if (said.includes("because it is being terminated")) return ". Nothing is to be done: the namespace goes.";
  if (/admission webhook|ValidatingAdmissionPolicy|denied the request/.test(said))
    return '. Let that admission rule pass objects with the label "app.kubernetes.io/managed-by=sealane".';
  if (status !== 403) return "";
  return `. Allow "${rbacVerb(method, name)}" on ${resource} in the agent's ${namespace === "" ? "ClusterRole" : "Role or ClusterRole"}.`;
}

/** What of the cluster keeps the API server from making a write. */
function failureCure({ said }: Answer): string {
  if (said.includes("range is full"))
    return ". Delete Services that nobody needs, or give the cluster another service range (a ServiceCIDR).";
  const webhook = /failed calling webhook "([^"]*)"/.exec(said)?.[1];
  if (webhook !== undefined)
    return `. Bring the service behind webhook "${webhook}" back, or let its configuration pass what it cannot ask about (failurePolicy: Ignore).`;
  return "";
}

function crdCure(resource: string): string {
  if (!resource.endsWith(".multicluster.x-k8s.io")) return "";
  return " Definitions that have v1alpha1 only are too old: kubectl apply --server-side -k deploy/crds";
}

/** Takes `/apis/g/v/namespaces/ns/plural/name/sub` apart. */
function splitPath(path: string): { resource: string; version: string; namespace: string; name: string } {
  const parts = (path.split("?")[0] ?? "").split("/").slice(1);
  const group = parts[0] === "apis" ? (parts[1] ?? "") : "";
  const version = parts[parts[0] === "apis" ? 2 : 1] ?? "";
  let rest = parts.slice(parts[0] === "apis" ? 3 : 2);
  let namespace = "";
  if (rest[0] === "namespaces" && rest.length > 2) {
    namespace = rest[1] ?? "";
    rest = rest.slice(2);
  }
  const plural = rest[2] === undefined ? (rest[0] ?? "") : `${rest[0]}/${rest[2]}`;
  return { resource: group === "" ? plural : `${plural}.${group}`, version, namespace, name: rest[1] ?? "" };
}

function rbacVerb(method: string, name: string): string {
  if (method === "WATCH") return "watch";
  if (method === "GET") return name === "" ? "list" : "get";
  return { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" }[method] ?? method.toLowerCase();
}
