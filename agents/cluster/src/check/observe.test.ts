// The look at an API server: what is asked, what is made of the answers, and that a refusal is unknown, not empty.

import { expect, test } from "vitest";
import { frontCorefile } from "../dns/front.ts";
import type { KubeClient, Method } from "../kube/client.ts";
import { KubeError } from "../kube/error.ts";
import { meshZoneOf, observeCluster } from "./observe.ts";
import { agentRights } from "./rights.ts";

type Answer = (path: string, body: unknown) => unknown;

/** A client whose answers are a function; it records every method that is not a question. */
function clientOf(answer: Answer): { readonly client: KubeClient; readonly writes: string[] } {
  const writes: string[] = [];
  const client: KubeClient = {
    server: "https://192.0.2.1:6443",
    request: async (method: Method, path, options = {}) => {
      const isReview = path.endsWith("/selfsubjectaccessreviews");
      if (method !== "GET" && !isReview) writes.push(`${method} ${path}`);
      return answer(path, options.body);
    },
    stream: async () => undefined,
    close: async () => undefined,
  };
  return { client, writes };
}

const notFound = () => new KubeError("not found", { status: 404, reason: "NotFound" });
const forbidden = () => new KubeError("forbidden", { status: 403, reason: "Forbidden" });
const context = { names: undefined, hub: [], clockOffsetSeconds: undefined };

test("it asks for every right, reads what there is, and writes nothing", async () => {
  const asked: unknown[] = [];
  const { client, writes } = clientOf((path, body) => {
    if (path.endsWith("/selfsubjectaccessreviews")) {
      const { resourceAttributes } = (body as { spec: { resourceAttributes: { verb: string } } }).spec;
      asked.push(resourceAttributes);
      return { status: { allowed: resourceAttributes.verb !== "watch" } };
    }
    if (path === "/apis/multicluster.x-k8s.io/v1beta1")
      return { resources: [{ name: "serviceimports", kind: "ServiceImport", namespaced: true }] };
    if (path.endsWith("/configmaps/coredns"))
      return { metadata: { resourceVersion: "1" }, data: { Corefile: ".:53 {\n}\n" } };
    if (path.endsWith("/services/mesh-dns")) return { spec: { clusterIPs: ["10.96.0.53"] } };
    throw notFound();
  });
  const state = await observeCluster(client, "sealane-system", context);
  expect(asked).toHaveLength(agentRights("sealane-system").length);
  expect(asked).toContainEqual({
    verb: "get",
    resource: "configmaps",
    namespace: "kube-system",
    name: "coredns",
  });
  expect(state.rights).toMatchObject({ known: true });
  expect(state.rights.known && state.rights.value.find(({ right }) => right.verb === "watch")?.allowed).toBe(
    false,
  );
  expect(state.definitions).toEqual({
    known: true,
    value: new Map([
      ["v1beta1", [{ name: "serviceimports", kind: "ServiceImport", namespaced: true }]],
      ["v1alpha1", undefined],
    ]),
  });
  expect(state.corefile).toEqual({
    known: true,
    value: { corefile: ".:53 {\n}\n", meshZone: undefined, meshDns: ["10.96.0.53"] },
  });
  expect(state.certificate).toBeUndefined();
  expect(writes).toEqual([]);
});

test("what the API server refuses to show is unknown", async () => {
  const { client } = clientOf(() => {
    throw forbidden();
  });
  const state = await observeCluster(client, "sealane-system", context);
  expect([state.rights, state.definitions, state.corefile]).toEqual(
    Array.from({ length: 3 }, () => ({ known: false, why: "forbidden" })),
  );
});

test("the mesh zone is read from mesh-dns' own configuration", () => {
  const front = frontCorefile({ zone: "a.mesh.example", meshZone: "mesh.example" });
  expect("text" in front && meshZoneOf(front.text)).toBe("mesh.example");
  expect(meshZoneOf("")).toBeUndefined();
});
