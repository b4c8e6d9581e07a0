// Reads vitest's JSON report into one count. What did not run counts as failed: nothing that was left out
// may look green.

/** The part of the report that is used. */
export interface VitestReport {
  readonly success: boolean;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** The count of one vitest run. */
export interface Count {
  readonly passed: number;
  readonly failed: number;
  /** What failed without being a failed test, for a person. */
  readonly remarks: readonly string[];
}

/** Counts tests; a test left out, a file that would not load and a run that failed by itself count as failed. */
export function count(report: VitestReport, status: number | undefined): Count {
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const passed = tests.filter((test) => test.status === "passed").length;
  const left = tests.filter((test) => test.status !== "passed" && test.status !== "failed");
  const broken = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  const remarks = [
    ...left.map((test) => `left out: ${test.fullName} (${test.status})`),
    ...broken.map((file) => `did not run to its end: ${file.name} ${file.message ?? ""}`.trimEnd()),
  ];
  if (tests.length === 0 && broken.length === 0) remarks.push("no test was found");
  const failed = tests.filter((test) => test.status === "failed").length + remarks.length;
  if (failed > 0 || (status === 0 && report.success)) return { passed, failed, remarks };
  return {
    passed,
    failed: 1,
    remarks: [`vitest ended with status ${status ?? "unknown"} though every test passed`],
  };
}
