// The client's own promises: errors that name the cure, reads that are tried again, writes that are not.

import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { podAccess } from "./auth.ts";
import { createKubeClient } from "./client.ts";
import type { KubeClient } from "./client.ts";
import { KubeError, isDenied, isRefusedWrite } from "./error.ts";

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

let server: Server;
let client: KubeClient;
let answers: Answer[] = [];
let seen: { method: string; authorization: string | undefined }[] = [];
let token = 0;

beforeEach(async () => {
  [answers, seen, token] = [[], [], 0];
  server = createServer((request, response) => {
    seen.push({ method: request.method ?? "", authorization: request.headers.authorization });
    const { status, body = {}, headers = {} } = answers.shift() ?? { status: 200 };
    if (status === 0) request.socket.resetAndDestroy();
    else response.writeHead(status, headers).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  client = createKubeClient({
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tls: {},
    authorization: async () => `Bearer ${token}`,
    forget: () => token++,
  });
});

afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const failure = (request: Promise<unknown>): Promise<KubeError> =>
  request.then(
    () => expect.unreachable("the request was answered"),
    (error: unknown) => error as KubeError,
  );

const path = "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices";

test.for([
  {
    method: "GET",
    path,
    status: 403,
    reason: "Forbidden",
    cure: 'Allow "list" on endpointslices.discovery.k8s.io in the agent\'s Role',
  },
  {
    method: "PATCH",
    path: `${path}/web/status`,
    status: 403,
    reason: "Forbidden",
    cure: 'Allow "patch" on endpointslices/status.discovery',
  },
  {
    method: "GET",
    path: "/api/v1/nodes",
    status: 403,
    reason: "Forbidden",
    cure: 'Allow "list" on nodes in the agent\'s ClusterRole',
  },
  { method: "GET", path, status: 404, reason: "NotFound", cure: "install the CRD" },
  { method: "PUT", path: `${path}/web`, status: 409, reason: "Conflict", cure: "read it again" },
  { method: "POST", path, status: 409, reason: "AlreadyExists", cure: "update it if it is ours" },
] as const)(
  "$status $reason of $method $path names the cure",
  async ({ method, path: target, status, reason, cure }) => {
    answers = [{ status, body: { kind: "Status", reason, message: "said the server" } }];
    const error = await failure(client.request(method, target));
    expect(error).toBeInstanceOf(KubeError);
    expect([error.status, error.reason]).toEqual([status, reason]);
    expect(error.message).toContain(`${method} ${target} failed with ${status} ${reason}: said the server`);
    expect(error.message).toContain(cure);
  },
);

test.for([
  [
    403,
    "exceeded quota: q, used: services=5, limited: services=5",
    'Raise the ResourceQuota of namespace "shop"',
  ],
  [
    403,
    "unable to create new content in namespace shop because it is being terminated",
    "Nothing is to be done",
  ],
  [400, 'admission webhook "x" denied the request: no', "Let that admission rule pass"],
  [422, "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no", "Let that admission rule pass"],
] as const)("a write that is denied with %s, %s names the cure", async ([status, message, cure]) => {
  answers = [{ status, body: { kind: "Status", reason: "Forbidden", message } }];
  const error = await failure(client.request("POST", "/api/v1/namespaces/shop/services"));
  expect(error.message).toContain(message);
  expect(error.message).toContain(cure);
  expect(error.message).not.toContain("Allow");
  expect(isDenied(error)).toBe(true);
});

test.for([
  ["failed to allocate a serviceIP: range is full", "another service range (a ServiceCIDR)"],
  [
    'failed calling webhook "w.example": connection refused',
    'Bring the service behind webhook "w.example" back',
  ],
] as const)("a write that fails with 500, %s, names the cure and is refused", async ([said, cure]) => {
  const message = `Internal error occurred: ${said}`;
  answers = [{ status: 500, body: { kind: "Status", reason: "InternalError", message } }];
  const error = await failure(client.request("POST", "/api/v1/namespaces/shop/services"));
  expect(error.message).toContain(said);
  expect(error.message).toContain(cure);
  expect([isDenied(error), isRefusedWrite(error)]).toEqual([false, true]);
});

test.for([
  ["POST", 422, true],
  ["PUT", 501, true],
  ["PATCH", 418, true],
  ["POST", 404, false],
  ["PUT", 409, false],
  ["POST", 429, false],
  ["DELETE", 0, false],
  ["GET", 403, false],
] as const)("%s answered with %d: a write that is refused is %s", async ([method, status, refused]) => {
  answers = [{ status }];
  expect(isRefusedWrite(await failure(client.request(method, path)))).toBe(refused);
});

test("a definition without the version that we speak is told with the cure", async () => {
  const crs = "/apis/multicluster.x-k8s.io/v1beta1/serviceimports";
  answers = [{ status: 404, body: "404 page not found" }];
  const error = await failure(client.request("GET", crs));
  expect(error.message).toContain("does not serve serviceimports.multicluster.x-k8s.io as v1beta1");
  expect(error.message).toContain("v1alpha1 only are too old");
  expect(isDenied(error)).toBe(false);
});

test.for([{ status: 0 }, { status: 429 }, { status: 503 }])(
  "a read is tried again after $status",
  async ({ status }) => {
    answers = [{ status }, { status }, { status: 200, body: { fine: true } }];
    expect(await client.request("GET", path)).toEqual({ fine: true });
    expect(seen).toHaveLength(3);
  },
);

test("a read is tried four times, not for ever", async () => {
  answers = Array.from({ length: 9 }, () => ({ status: 500 }));
  expect((await failure(client.request("GET", path))).status).toBe(500);
  expect(seen).toHaveLength(4);
});

test("a write is never repeated, for its effect is not known", async () => {
  answers = [{ status: 0 }];
  expect((await failure(client.request("PUT", `${path}/web`, { body: {} }))).reason).toBe("Unreachable");
  expect(seen).toHaveLength(1);
});

test("refused credentials are read again, for writes too: a refused write had no effect", async () => {
  answers = [{ status: 401 }, { status: 200 }];
  await client.request("PUT", `${path}/web`, { body: {} });
  expect(seen.map(({ authorization }) => authorization)).toEqual(["Bearer 0", "Bearer 1"]);
});

test("a signal ends a request", async () => {
  await expect(client.request("GET", path, { signal: AbortSignal.abort() })).rejects.toThrow(/got no answer/);
  expect(seen).toHaveLength(0);
});

test("a pod's access reads its token again once it was refused", async () => {
  const directory = await mkdtemp(join(tmpdir(), "sealane-token-"));
  try {
    await writeFile(join(directory, "ca.crt"), "authority");
    await writeFile(join(directory, "token"), "first\n");
    const environment = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443" };
    const access = podAccess({ directory, environment });
    expect(access.server).toBe("https://[fd00::1]:443");
    expect(await access.authorization()).toBe("Bearer first");
    await writeFile(join(directory, "token"), "second\n");
    expect(await access.authorization()).toBe("Bearer first");
    access.forget();
    expect(await access.authorization()).toBe("Bearer second");
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("outside a pod the error says what to do", () => {
  expect(() => podAccess({ environment: {} })).toThrow("give --kubeconfig");
  const environment = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443" };
  expect(() => podAccess({ directory: "/nonexistent", environment })).toThrow(
    'Cannot read "/nonexistent/ca.crt"',
  );
});
