// Which failures of a write are the API server's word about that write alone.

import { expect, test } from "vitest";
import { answerError, isRefusedWrite, unreachable } from "./error.ts";

const path = "/api/v1/namespaces/shop/services";
const webhook = 'Internal error occurred: failed calling webhook "w.example.org": context deadline exceeded';

test.each([
  ["POST", 403, "forbidden: exceeded quota", true],
  ["PUT", 422, "spec is invalid", true],
  ["POST", 500, "Internal error occurred: failed to allocate a serviceIP: range is full", true],
  ["PATCH", 500, webhook, true],
  ["POST", 500, "etcdserver: leader changed", false],
  ["POST", 500, "rpc error: code = Unavailable desc = transport is closing", false],
  ["POST", 500, "context deadline exceeded", false],
  ["DELETE", 401, "Unauthorized", false],
  ["DELETE", 404, "not found", false],
  ["PUT", 409, "the object has been modified", false],
  ["POST", 429, "too many requests", false],
  ["POST", 502, "<html>bad gateway</html>", false],
  ["POST", 503, "apiserver is shutting down", false],
  ["POST", 504, "request did not complete within the allotted timeout", false],
  ["GET", 500, "Internal error occurred: range is full", false],
])("%s, %d %s: %j", (method, status, message, refused) => {
  const body = JSON.stringify({ kind: "Status", status: "Failure", code: status, reason: "X", message });
  expect(isRefusedWrite(answerError(method, path, status, body))).toBe(refused);
});

test("no answer at all is no word about a write", () => {
  expect(isRefusedWrite(unreachable("POST", path, "https://10.0.0.1", new Error("reset")))).toBe(false);
});
