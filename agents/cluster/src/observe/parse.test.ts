// Objects at the door: what the API leaves out has its meaning, and what is wrong is named.

import { expect, test } from "vitest";
import { parseEndpointSlice } from "./parse-endpoint-slice.ts";
import { parseNode } from "./parse-node.ts";
import { parseServiceExport } from "./parse-service-export.ts";
import { parseService } from "./parse-service.ts";
import { reachFacts } from "./reach-facts.ts";

const metadata = { namespace: "shop", name: "web", uid: "u", resourceVersion: "7" };

const slice = (endpoints: readonly object[], over: object = {}): unknown => ({
  metadata: { ...metadata, labels: { "kubernetes.io/service-name": "web" } },
  addressType: "IPv4",
  ports: [{ name: "http", port: 8080 }],
  endpoints,
  ...over,
});

test.for([
  { conditions: undefined, want: [true, true, false] },
  { conditions: {}, want: [true, true, false] },
  { conditions: { ready: false }, want: [false, false, false] },
  { conditions: { ready: false, serving: true, terminating: true }, want: [false, true, true] },
])("endpoint conditions $conditions", ({ conditions, want }) => {
  const [endpoint] = parseEndpointSlice(slice([{ addresses: ["10.0.0.1"], conditions }])).endpoints;
  expect([endpoint?.ready, endpoint?.serving, endpoint?.terminating]).toEqual(want);
});

test("names the object and the field that is wrong", () => {
  expect(() => parseEndpointSlice(slice([{ addresses: ["10.0.0.300"] }]))).toThrow(
    /^Cannot read EndpointSlice shop\/web: endpoints\[0\]\.addresses\[0\]: .*"10\.0\.0\.300"/,
  );
  expect(() =>
    parseNode({ metadata: { ...metadata, namespace: undefined }, spec: { podCIDRs: "10.0.0.0/24" } }),
  ).toThrow('Cannot read Node web: spec.podCIDRs must be a list, not "10.0.0.0/24"');
  expect(() => parseService({ metadata, spec: { ports: [{ port: "80" }] } })).toThrow(
    "Service shop/web: spec.ports[0].port",
  );
  expect(() => parseServiceExport({ metadata, spec: { exportedLabels: { a: 1 } } })).toThrow(
    'spec.exportedLabels["a"]',
  );
  expect(() => parseNode(null)).toThrow("Cannot read Node without a name");
});

test("a Service's addresses are canonical, a headless one has none", () => {
  const spec = { clusterIP: "fd00::0a", clusterIPs: ["fd00::0a", "10.0.0.1"], sessionAffinity: "ClientIP" };
  expect(parseService({ metadata, spec })).toMatchObject({
    clusterAddresses: ["fd00::a", "10.0.0.1"],
    headless: false,
    sessionAffinityTimeoutSeconds: 10_800,
  });
  expect(parseService({ metadata, spec: { clusterIP: "None", clusterIPs: ["None"] } })).toMatchObject({
    clusterAddresses: [],
    headless: true,
  });
});

test("a pod whose families disagree counts as the worse of both", () => {
  const of = (address: string, ready: boolean, addressType: string): ReturnType<typeof parseEndpointSlice> =>
    parseEndpointSlice(
      slice(
        [
          {
            addresses: [address],
            conditions: { ready },
            nodeName: "a1",
            targetRef: { kind: "Pod", name: "p", uid: "p" },
          },
        ],
        { addressType },
      ),
    );
  const [pod] =
    reachFacts([of("10.0.0.1", true, "IPv4"), of("fd00::1", false, "IPv6")]).get("a1")?.groups[0]?.pods ?? [];
  expect(pod).toMatchObject({ addresses: ["10.0.0.1", "fd00::1"], ready: false });
});

test("a slice's port without a number, or with one that no port has, is left out", () => {
  const ports = [undefined, -1, 0, 1, 65_535, 65_536, 2 ** 32].map((port, at) => ({ name: `p${at}`, port }));
  expect(parseEndpointSlice(slice([], { ports })).ports.map(({ name }) => name)).toEqual(["p3", "p4"]);
});

test("pods that listen elsewhere are another group; the order of slices does not matter", () => {
  const one = parseEndpointSlice(slice([{ addresses: ["10.0.0.1"], nodeName: "a1" }]));
  const two = parseEndpointSlice(
    slice([{ addresses: ["10.0.0.2"], nodeName: "a1" }], { ports: [{ name: "http", port: 9090 }] }),
  );
  const facts = reachFacts([one, two]);
  expect(facts.get("a1")?.groups.map((group) => group.ports[0]?.port)).toEqual([8080, 9090]);
  expect(reachFacts([two, one])).toEqual(facts);
});
