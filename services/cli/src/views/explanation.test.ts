// The last step concludes; what is not known makes a yes uncertain, and a failing exporter beside others does not.

import { expect, it } from "vitest";
import { conclude } from "./explanation.ts";
import type { Step } from "./explanation.ts";

const step = (answer: Step["answer"], subject: string, reason: string | null = null): Step => ({
  answer,
  subject,
  reason,
  message: "",
});

it.each([
  { what: "nothing said", steps: [], answer: "unknown", at: undefined },
  { what: "all well", steps: [step("yes", "export"), step("yes", "import")], answer: "yes", at: undefined },
  {
    what: "one exporter's range is refused, and the import stands",
    steps: [step("yes", "export"), step("no", "range", "RangeOverlap"), step("yes", "import")],
    answer: "yes",
    at: undefined,
  },
  {
    what: "the import is stopped, and a range is refused as well",
    steps: [
      step("no", "range", "RangeOverlap"),
      step("no", "namespace", "NoNamespace"),
      step("no", "import", "NoNamespace"),
    ],
    answer: "no",
    at: "namespace",
  },
  {
    what: "the cluster is silent",
    steps: [step("unknown", "session", "ClusterSilent"), step("yes", "import")],
    answer: "unknown",
    at: "session",
  },
])("$what: $answer", ({ steps, answer, at }) => {
  const { answer: found, decisive } = conclude(steps);
  expect(found).toBe(answer);
  expect(decisive?.subject).toBe(at);
});
