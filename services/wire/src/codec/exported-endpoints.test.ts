// What other clusters import of an export, as bytes: both ways, and alike from those who do not know the field.

import { create, toBinary } from "@bufbuild/protobuf";
import type { ExportFact, ExportedEndpoints, MergedService } from "@sealane/core";
import { expect, test } from "vitest";
import { ExportFactSchema } from "../generated/sealane/v1/facts_pb.ts";
import { decodeValue, encodeValue } from "./values.ts";

const shared = {
  type: "ClusterSetIP",
  ports: [{ name: "http", protocol: "TCP", port: 80, appProtocol: "" }],
  ipFamilies: ["IPv4"],
  sessionAffinity: "None",
  sessionAffinityTimeoutSeconds: 0,
  internalTrafficPolicy: "Cluster",
  trafficDistribution: "",
  labels: {},
  annotations: {},
} as const;

const factOf = (endpoints: ExportedEndpoints): ExportFact => ({
  ...shared,
  uid: "6f0d",
  createdAt: 1_700_000_000,
  clusterAddresses: ["10.96.0.20"],
  endpoints,
});

const serviceOf = (endpoints: ExportedEndpoints): MergedService => ({
  ...shared,
  owner: "a",
  exporters: [{ cluster: "a", clusterAddresses: ["10.96.0.20"], ports: ["http"], endpoints }],
});

test.each(["pods", "vip"] as const)("%s comes back as it was", (endpoints) => {
  const fact = encodeValue("export", factOf(endpoints));
  expect(decodeValue("export", fact)).toEqual(factOf(endpoints));
  const service = encodeValue("import", serviceOf(endpoints));
  expect(decodeValue("import", service)).toEqual(serviceOf(endpoints));
});

test("pods are said by leaving the field out, as by those who do not know it", () => {
  const bytes = encodeValue("export", factOf("pods"));
  expect(encodeValue("export", factOf("vip")).length).toBe(bytes.length + 2);
  expect(encodeValue("import", serviceOf("vip")).length).toBe(
    encodeValue("import", serviceOf("pods")).length + 2,
  );
});

test("a word of a later version is refused, never guessed", () => {
  const later = toBinary(ExportFactSchema, create(ExportFactSchema, { type: 1, endpoints: 9 as 1 }));
  expect(() => decodeValue("export", later)).toThrow("unknown exported endpoints 9");
});
