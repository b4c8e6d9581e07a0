// What a vitest report counts as.

import { expect, test } from "vitest";
import { count } from "./vitest-report.ts";
import type { VitestReport } from "./vitest-report.ts";

function report(
  statuses: readonly string[],
  file: { status?: string; success?: boolean } = {},
): VitestReport {
  const assertionResults = statuses.map((status, index) => ({ fullName: `test ${index}`, status }));
  const status = file.status ?? (statuses.includes("failed") ? "failed" : "passed");
  return {
    success: file.success ?? status === "passed",
    testResults: [{ name: "a.test.ts", status, assertionResults }],
  };
}

test.each([
  { name: "all green", report: report(["passed", "passed"]), status: 0, passed: 2, failed: 0 },
  { name: "one red", report: report(["passed", "failed"]), status: 1, passed: 1, failed: 1 },
  { name: "one left out", report: report(["passed", "skipped"]), status: 0, passed: 1, failed: 1 },
  {
    name: "a file that does not load",
    report: report([], { status: "failed" }),
    status: 1,
    passed: 0,
    failed: 1,
  },
  {
    name: "a hook that fails at the end",
    report: report(["passed"], { status: "failed" }),
    status: 1,
    passed: 1,
    failed: 1,
  },
  {
    name: "an error outside every test",
    report: report(["passed"], { success: false }),
    status: 1,
    passed: 1,
    failed: 1,
  },
  { name: "a run ended by a signal", report: report(["passed"]), status: undefined, passed: 1, failed: 1 },
  { name: "no test at all", report: { success: true, testResults: [] }, status: 0, passed: 0, failed: 1 },
])("$name: $passed passed, $failed failed", ({ report: given, status, passed, failed }) => {
  expect(count(given, status)).toMatchObject({ passed, failed });
});
