// What the annotation `sealane.dev/endpoints` of a ServiceExport makes of it.

import { expect, test } from "vitest";
import { exportClaims } from "../execute/conditions.ts";
import { exportFact, exportVerdict } from "./export-fact.ts";
import { parseServiceExport } from "./parse-service-export.ts";
import { parseService } from "./parse-service.ts";

const metadata = { namespace: "shop", name: "web", uid: "u", resourceVersion: "7" };
const address = { clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1"] };
const headless = { clusterIP: "None", clusterIPs: ["None"] };

function judged(endpoints: string | undefined, spec: object) {
  const annotations = endpoints === undefined ? {} : { "sealane.dev/endpoints": endpoints };
  const serviceExport = parseServiceExport({ metadata: { ...metadata, annotations } });
  const service = parseService({ metadata, spec });
  const [valid] = exportClaims(exportVerdict(serviceExport, service), undefined, []);
  return { endpoints: exportFact(serviceExport, service).endpoints, valid };
}

test.each([
  [undefined, "pods"],
  ["pods", "pods"],
  ["vip", "vip"],
])("%j exports %s, without a remark", (given, want) => {
  expect(judged(given, address)).toEqual({
    endpoints: want,
    valid: { type: "Valid", status: "True", reason: "Valid", message: "" },
  });
});

test.each([
  ["VIP", address, 'says "VIP"; write "vip" or "pods", or remove it'],
  ["vip", headless, "a headless Service has no address of its own; remove it"],
])("%j on %j exports pods, and the condition says why and what to do", (given, spec, want) => {
  const { endpoints, valid } = judged(given, spec);
  expect(endpoints).toBe("pods");
  expect(valid).toMatchObject({ status: "True", reason: "Valid" });
  expect(valid?.message).toContain("Exported as pods: annotation sealane.dev/endpoints");
  expect(valid?.message).toContain(want);
});
