// What an API server would not have taken is a fault of its file, at its line, and nothing of the file counts.

import { expect, test } from "vitest";
import { parseManifests } from "./parse-manifests.ts";

const versions: Readonly<Record<string, string>> = {
  EndpointSlice: "discovery.k8s.io/v1",
  ServiceExport: "multicluster.x-k8s.io/v1beta1",
  ServiceCIDR: "networking.k8s.io/v1",
};

/** An object whose name stands at line 4, its namespace at 5, and `more` from line 6 on. */
const manifest = (kind: string, name: string, namespace: string, more = "") =>
  `apiVersion: ${versions[kind] ?? "v1"}
kind: ${kind}
metadata:
  name: ${JSON.stringify(name)}
${namespace === "" ? "  uid: u" : `  namespace: ${JSON.stringify(namespace)}`}
${more}
`;

const service = (spec: string) => manifest("Service", "web", "shop", `spec:\n${spec}`);
const ports = (...given: readonly string[]) =>
  `  ports:\n${given.map((each) => `    - { ${each} }`).join("\n")}`;
const affinity = (seconds: number) =>
  `  sessionAffinity: ClientIP\n  sessionAffinityConfig:\n    clientIP:\n      timeoutSeconds: ${seconds}`;
const slice = (more: string) =>
  manifest(
    "EndpointSlice",
    "web-1",
    "shop",
    `addressType: IPv4\nendpoints: [{ addresses: [10.1.1.7] }]\n${more}`,
  );
const endpoint = (more: string) =>
  manifest(
    "EndpointSlice",
    "web-1",
    "shop",
    `addressType: IPv4\nendpoints:\n  - addresses: [10.1.1.7]\n    ${more}`,
  );

const long = (length: number) => "x".repeat(length);
const node = `${`${long(63)}.`.repeat(3)}${long(61)}`;

test.each([
  ["the longest names", manifest("Service", long(63), long(63)) + `---\n${manifest("Node", node, "")}`],
  ["a Service whose name begins with a digit", manifest("Service", "7web", "shop")],
  ["an export whose name has dots", manifest("ServiceExport", "web.v2", "shop")],
  [
    "names of other kinds",
    manifest("EndpointSlice", "web.1", "shop") + `---\n${manifest("ServiceCIDR", "a.b", "")}`,
  ],
  ["labels", manifest("Node", "n1", "", "  labels: { example.com/Zone: East_1.a, empty: '' }")],
  ["another program's mark", manifest("Node", "n1", "", "  labels: { app.kubernetes.io/managed-by: helm }")],
  [
    "exported labels of any kind",
    manifest("ServiceExport", "web", "shop", "spec: { exportedLabels: { no key: '!' } }"),
  ],
  ["one port without a name", service(ports("port: 1"))],
  [
    "ports of all kinds",
    service(ports('name: "80", port: 80', `name: ${long(63)}, port: 65535, appProtocol: kubernetes.io/h2c`)),
  ],
  ["a number of two protocols", service(ports("name: a, port: 53", "name: b, port: 53, protocol: UDP"))],
  ["the shortest affinity", service(affinity(1))],
  ["the longest affinity", service(affinity(86_400))],
  ["an affinity without a time-out", service("  sessionAffinity: ClientIP")],
  ["a time-out that no affinity has", service(affinity(0).replace("ClientIP", "None"))],
  ["a slice's ports", slice("ports: [{ port: 80 }, { name: a, port: 80 }, { name: B_ }]")],
  ["an endpoint's place", endpoint(`hostname: web-0\n    nodeName: ${node}\n    zone: East_1`)],
  [
    "names as addresses",
    manifest("EndpointSlice", "web", "shop", "addressType: FQDN\nendpoints: [{ addresses: [A_] }]"),
  ],
])("takes %s", (_, text) => {
  expect(parseManifests("x.yaml", text).faults).toBeUndefined();
});

const aLabel = "1 to 63 lower-case letters, digits and inner hyphens";
const aSubdomain = "lower-case letters, digits, inner hyphens and dots, 253 characters at most";

test.each([
  [
    "a Service's name with capitals",
    manifest("Service", "Web", "shop"),
    4,
    `Service shop/Web: metadata.name must be ${aLabel}, not "Web"`,
  ],
  [
    "a Service's name with a dot",
    manifest("Service", "web.v2", "shop"),
    4,
    `Service shop/web.v2: metadata.name must be ${aLabel}, not "web.v2"`,
  ],
  [
    "a Service's name of 64 characters",
    manifest("Service", long(64), "shop"),
    4,
    `metadata.name must be ${aLabel}, not "${long(64)}"`,
  ],
  [
    "an export's name with capitals",
    manifest("ServiceExport", "Web", "shop"),
    4,
    `ServiceExport shop/Web: metadata.name must be ${aSubdomain}, not "Web"`,
  ],
  [
    "a slice's name with an underscore",
    manifest("EndpointSlice", "web_1", "shop"),
    4,
    `metadata.name must be ${aSubdomain}, not "web_1"`,
  ],
  [
    "a namespace's name with a dot",
    manifest("Namespace", "a.b", ""),
    4,
    `Namespace a.b: metadata.name must be ${aLabel}, not "a.b"`,
  ],
  [
    "a node's name with a slash",
    manifest("Node", "n/1", ""),
    4,
    `Node n/1: metadata.name must be ${aSubdomain}, not "n/1"`,
  ],
  [
    "a node's name of 254 characters",
    manifest("Node", `${node}xx`, ""),
    4,
    `metadata.name must be ${aSubdomain}`,
  ],
  [
    "a service range's name with a space",
    manifest("ServiceCIDR", "a b", ""),
    4,
    `ServiceCIDR a b: metadata.name must be ${aSubdomain}`,
  ],
  ["an empty name", manifest("Service", "", "shop"), 4, `metadata.name must be ${aLabel}, not ""`],
  [
    "a namespace with a dot",
    manifest("ServiceExport", "web", "a.b"),
    5,
    `metadata.namespace must be ${aLabel}, not "a.b"`,
  ],
  [
    "a label's value with a space",
    manifest("Node", "n1", "", "  labels:\n    zone: a b"),
    7,
    'metadata.labels["zone"] must be a label as objects can have it, not "a b"',
  ],
  [
    "a label's key with a space",
    manifest("Node", "n1", "", "  labels:\n    a b: x"),
    7,
    'metadata.labels["a b"] must be a label as objects can have it, not "x"',
  ],
  [
    "a port's name with capitals",
    service(ports("name: HTTP_Main, port: 80")),
    8,
    `spec.ports[0].name must be ${aLabel}, not "HTTP_Main"`,
  ],
  [
    "a port's name of 64 characters",
    service(ports(`name: ${long(64)}, port: 80`)),
    8,
    `spec.ports[0].name must be ${aLabel}`,
  ],
  [
    "port 70000",
    service(ports("name: a, port: 80", "name: b, port: 70000")),
    9,
    "spec.ports[1].port must be from 1 to 65535, not 70000",
  ],
  ["port 0", service(ports("port: 0")), 8, "spec.ports[0].port must be from 1 to 65535, not 0"],
  ["port -1", service(ports("port: -1")), 8, "spec.ports[0].port must be from 1 to 65535, not -1"],
  [
    "a port's name twice",
    service(ports("name: a, port: 80", "name: a, port: 81")),
    9,
    `spec.ports[1].name must be no other port's, not "a"`,
  ],
  [
    "a port's number twice",
    service(ports("name: a, port: 80", "name: b, port: 80")),
    9,
    "spec.ports[1].port must be no other port's of its protocol, not 80",
  ],
  [
    "one of several ports without a name",
    service(ports("port: 80", "name: b, port: 81")),
    8,
    "spec.ports[0] must have a name, as there are several ports",
  ],
  [
    "an application protocol with a space",
    service(ports("port: 80, appProtocol: h 2")),
    8,
    "spec.ports[0].appProtocol must be a name",
  ],
  [
    "an affinity for no time",
    service(affinity(0)),
    10,
    "spec.sessionAffinityConfig.clientIP.timeoutSeconds must be from 1 to 86400 seconds, not 0",
  ],
  [
    "an affinity for more than a day",
    service(affinity(86_401)),
    10,
    "timeoutSeconds must be from 1 to 86400 seconds, not 86401",
  ],
  [
    "a slice's port 70000",
    slice("ports: [{ port: 70000 }]"),
    8,
    "EndpointSlice shop/web-1: ports[0].port must be from 1 to 65535, not 70000",
  ],
  ["a slice's port -1", slice("ports: [{ port: -1 }]"), 8, "ports[0].port must be from 1 to 65535, not -1"],
  [
    "a slice's port's name with capitals",
    slice("ports: [{ name: A, port: 80 }]"),
    8,
    `ports[0].name must be ${aLabel}, not "A"`,
  ],
  [
    "a slice's port's name twice",
    slice("ports:\n  - { name: a, port: 80 }\n  - { name: a, port: 81 }"),
    10,
    `ports[1].name must be no other port's, not "a"`,
  ],
  [
    "a host name with a dot",
    endpoint("hostname: a.b"),
    9,
    `endpoints[0].hostname must be ${aLabel}, not "a.b"`,
  ],
  [
    "a node's name that no node has",
    endpoint("nodeName: N1"),
    9,
    `endpoints[0].nodeName must be ${aSubdomain}, not "N1"`,
  ],
  [
    "a zone that no label has",
    endpoint("zone: a b"),
    9,
    `endpoints[0].zone must be a label's value, not "a b"`,
  ],
  [
    "an endpoint's address",
    endpoint("").replace("10.1.1.7", "10.1.1.700"),
    8,
    "endpoints[0].addresses[0]: Cannot read address",
  ],
])("refuses %s", (_, text, line, reason) => {
  const { manifests, faults = [] } = parseManifests("x.yaml", `${text}---\n${service(ports("port: 80"))}`);
  expect(manifests).toBeUndefined();
  expect(faults).toEqual([expect.stringContaining(reason)]);
  expect(faults[0]).toMatch(new RegExp(`^x\\.yaml:${line}: Cannot read `));
});
