import { expect, test } from "vitest";
import { parseWrites, writesBetween } from "./api-writes.ts";

const series = (labels: string, value: number) => `apiserver_request_total{${labels}} ${value}`;
const put = 'code="200",component="apiserver",dry_run="",group="discovery.k8s.io",resource="endpointslices"';
const scope = 'scope="resource",subresource=""';

const text = [
  "# TYPE apiserver_request_total counter",
  series(`${put},${scope},verb="PUT",version="v1"`, 7),
  series(`${put},${scope},verb="GET",version="v1"`, 70),
  series(`${put.replace('dry_run=""', 'dry_run="All"')},${scope},verb="PUT",version="v1"`, 5),
  series('code="200",dry_run="",resource="serviceimports",subresource="status",verb="PATCH"', 3),
  series('code="409",dry_run="",resource="serviceimports",subresource="status",verb="PATCH"', 2),
  series('code="200",dry_run="",resource="leases",subresource="",verb="PUT"', 40),
  series('code="201",dry_run="",resource="selfsubjectaccessreviews",subresource="",verb="POST"', 4),
  'apiserver_request_duration_seconds_sum{resource="endpointslices",verb="PUT"} 9',
].join("\n");

test("only what writes is read, with what became of it", () => {
  expect(Object.fromEntries(parseWrites(text))).toEqual({
    "PUT endpointslices 200": 7,
    "PATCH serviceimports/status 200": 3,
    "PATCH serviceimports/status 409": 2,
    "PUT leases 200": 40,
    "POST selfsubjectaccessreviews 201": 4,
  });
});

test("refused writes count, and what is apart is said and not hidden", () => {
  const before = new Map([["PUT endpointslices 200", 6]]);
  expect(writesBetween(before, parseWrites(text))).toEqual({
    counted: 6,
    apart: 44,
    countedText:
      "3 PATCH serviceimports/status 200, 2 PATCH serviceimports/status 409, 1 PUT endpointslices 200",
    apartText: "40 PUT leases 200, 4 POST selfsubjectaccessreviews 201",
  });
  expect(writesBetween(parseWrites(text), parseWrites(text)).countedText).toBe("none");
});
