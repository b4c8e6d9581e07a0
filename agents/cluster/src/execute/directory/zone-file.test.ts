// Zone files: what they answer, and that their serial changes with what they say and with nothing else.

import { expect, test } from "vitest";
import { objectKey } from "../../kube/store.ts";
import { parseEndpointSlice } from "../../observe/parse-endpoint-slice.ts";
import { parseService } from "../../observe/parse-service.ts";
import { emptyImportFile } from "./import-file.ts";
import type { ImportFile } from "./import-file.ts";
import { clustersetZoneText, ownZoneText } from "./zone-file.ts";

const metadata = (name: string) => ({ namespace: "shop", name, uid: name, resourceVersion: "1" });
const service = (name: string, spec: object) => parseService({ metadata: metadata(name), spec });
const slices = [
  parseEndpointSlice({
    metadata: metadata("db-1"),
    addressType: "IPv4",
    endpoints: [
      { addresses: ["10.1.0.7"], hostname: "db-0" },
      { addresses: ["10.1.0.8"], conditions: { ready: false } },
    ],
  }),
];

const records = (text: string): readonly string[] =>
  text.split("\n").filter((line) => / IN (?:A|AAAA) /.test(line));
const serial = (text: string): string | undefined => / IN SOA \S+ \S+ (\d+) /.exec(text)?.[1];

test("the own zone has Services' addresses and headless Services' ready pods", () => {
  const text = ownZoneText(
    "a.mesh.example",
    [
      service("web", { clusterIPs: ["10.96.0.7", "fd00:96::7"] }),
      service("db", { clusterIP: "None" }),
      service("out", { type: "ExternalName", externalName: "example.org" }),
      service("bad name", { clusterIPs: ["10.96.0.8"] }),
    ],
    ({ name }) => (name === "db" ? slices : []),
  );
  expect(text.split("\n").slice(0, 3)).toEqual([
    expect.stringMatching(/^; Written by sealane-agent/),
    "$ORIGIN a.mesh.example.",
    "$TTL 5",
  ]);
  expect(records(text)).toEqual([
    "db-0.db.shop.svc IN A 10.1.0.7",
    "db.shop.svc IN A 10.1.0.7",
    "web.shop.svc IN A 10.96.0.7",
    "web.shop.svc IN AAAA fd00:96::7",
  ]);
});

const imported = (over: Partial<ImportFile>): ImportFile => ({
  ...emptyImportFile,
  slices: [
    {
      name: "s-b-ipv4-1",
      cluster: "b",
      addressType: "IPv4",
      ports: [],
      endpoints: [
        { address: "10.2.0.1", ready: true, serving: true, terminating: false, hostname: "web-0", zone: "" },
        { address: "10.2.0.2", ready: false, serving: true, terminating: true, hostname: "", zone: "" },
      ],
    },
  ],
  ...over,
});

test("clusterset.local has an import's address, or its ready pods where it has none", () => {
  const key = objectKey("shop", "web");
  expect(records(clustersetZoneText([[key, imported({ addresses: ["10.200.0.7"] })]]))).toEqual([
    "web.shop.svc IN A 10.200.0.7",
  ]);
  expect(records(clustersetZoneText([[key, imported({})]]))).toEqual([
    "web-0.b.web.shop.svc IN A 10.2.0.1",
    "web.shop.svc IN A 10.2.0.1",
  ]);
});

test("the serial follows the records", () => {
  const one = clustersetZoneText([[objectKey("shop", "web"), imported({ addresses: ["10.200.0.7"] })]]);
  const same = clustersetZoneText([
    [objectKey("shop", "web"), imported({ addresses: ["10.200.0.7"], families: ["IPv4"] })],
  ]);
  const other = clustersetZoneText([[objectKey("shop", "web"), imported({ addresses: ["10.200.0.8"] })]]);
  expect(serial(one)).toBe(serial(same));
  expect(serial(one)).not.toBe(serial(other));
});
