// What the agent reads of DNS in its cluster, from objects as an API server gives them.

import { expect, test } from "vitest";
import type { KubeClient } from "../kube/client.ts";
import { KubeError } from "../kube/error.ts";
import { readSurroundings } from "./surroundings.ts";
import { isAtLeast, versionOfImage } from "./version.ts";

/** A client that knows these paths; a number is the status of a refusal, and every other path is 404. */
function client(objects: Readonly<Record<string, unknown>>): KubeClient {
  return {
    server: "fake",
    request: async (_, path) => {
      const object = objects[path] ?? 404;
      if (typeof object === "number") throw new KubeError(path, { status: object, reason: String(object) });
      return object;
    },
    stream: () => Promise.reject(new Error("Nothing streams here")),
    close: async () => {},
  };
}

const slices = "/apis/discovery.k8s.io/v1/namespaces/sealane-system/endpointslices";
const deployment = "/apis/apps/v1/namespaces/kube-system/deployments/coredns";
const slice = (ready: boolean, pods: Readonly<Record<string, string>>) => ({
  ports: [
    { name: "peers", port: 1053 },
    { name: "dns", port: 53 },
  ],
  endpoints: Object.entries(pods).map(([name, address]) => ({
    addresses: [address],
    conditions: { ready },
    targetRef: { kind: "Pod", name },
  })),
});
const cluster = {
  "/api/v1/namespaces/sealane-system/services/mesh-dns": {
    spec: { clusterIPs: ["fd00:101::53", "10.101.0.53"] },
  },
  "/api/v1/namespaces/kube-system/services/kube-dns": { spec: { clusterIPs: ["10.96.0.10"] } },
  [slices]: {
    items: [
      slice(true, { "dns-2": "fd00::2", "dns-1": "fd00::1" }),
      slice(false, { "dns-2": "10.1.0.2", "dns-1": "10.1.0.1" }),
    ],
  },
  [deployment]: {
    spec: {
      template: {
        spec: { containers: [{ name: "coredns", image: "registry.k8s.io/coredns/coredns:v1.14.7" }] },
      },
    },
  },
};

test("both families of the Service, one replica for each pod, and the cluster's CoreDNS", async () => {
  expect(await readSurroundings(client(cluster), "sealane-system")).toEqual({
    namespace: "sealane-system",
    ownAddresses: ["10.101.0.53", "fd00:101::53"],
    replicas: [
      { name: "dns-1", address: "10.1.0.1", port: 53 },
      { name: "dns-2", address: "10.1.0.2", port: 53 },
    ],
    clusterDns: {
      configMap: { namespace: "kube-system", name: "coredns" },
      version: [1, 14, 7],
      addresses: ["10.96.0.10"],
    },
  });
});

test("a pod on its way out is not asked any more", async () => {
  const [endpoint] = slice(true, { "dns-1": "10.1.0.1" }).endpoints;
  const leaving = {
    ports: [],
    endpoints: [{ ...endpoint, conditions: { ready: false, serving: true, terminating: true } }],
  };
  const seen = await readSurroundings(
    client({ ...cluster, [slices]: { items: [leaving] } }),
    "sealane-system",
  );
  expect(seen.replicas).toEqual([]);
});

test("what does not exist is empty, and a Deployment that may not be read has no version", async () => {
  const seen = await readSurroundings(
    client({ [slices]: { items: [] }, [deployment]: 403 }),
    "sealane-system",
  );
  expect(seen).toMatchObject({
    ownAddresses: [],
    replicas: [],
    clusterDns: { version: undefined, addresses: [] },
  });
});

test("a failed read is not an empty answer", async () => {
  await expect(readSurroundings(client({ ...cluster, [slices]: 500 }), "sealane-system")).rejects.toThrow(
    slices,
  );
  await expect(readSurroundings(client({ ...cluster, [deployment]: 500 }), "sealane-system")).rejects.toThrow(
    deployment,
  );
});

test.each([
  ["registry.k8s.io/coredns/coredns:v1.14.7", [1, 14, 7]],
  ["localhost:5000/coredns:1.15.0-r2@sha256:00", [1, 15, 0]],
  ["coredns/coredns@sha256:00", undefined],
  ["localhost:5000/coredns", undefined],
  ["coredns:latest", undefined],
])("the version of image %s", (image, version) => {
  expect(versionOfImage(image)).toEqual(version);
});

test("versions compare by their numbers, and an unknown one is older than any", () => {
  expect(isAtLeast([1, 13, 0], [1, 9, 4])).toBe(true);
  expect(isAtLeast([1, 9, 3], [1, 9, 4])).toBe(false);
  expect(isAtLeast([2, 0, 0], [1, 14, 7])).toBe(true);
  expect(isAtLeast(undefined, [0, 0, 1])).toBe(false);
});
