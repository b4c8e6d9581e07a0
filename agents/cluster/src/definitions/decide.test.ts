// What is done about each definition that may be found, and what a person reads of it; the shipped ones are compared.

import { beforeAll, describe, expect, test } from "vitest";
import { decide } from "./decide.ts";
import type { Definition, FoundDefinition } from "./definition.ts";
import { parseFound } from "./definition.ts";
import type { Outcome } from "./install.ts";
import { reportText, statusOf } from "./report.ts";
import { readShipped } from "./shipped.ts";

const imports = "serviceimports.multicluster.x-k8s.io";
const exports = "serviceexports.multicluster.x-k8s.io";
const properties = "clusterproperties.about.k8s.io";

let shipped: ReadonlyMap<string, Definition>;

beforeAll(async () => {
  shipped = new Map((await readShipped()).map(({ definition }) => [definition.name, definition]));
});

interface Edits {
  readonly version?: string;
  readonly revision?: string;
  /** Changes the JSON of the spec. */
  readonly spec?: (text: string) => string;
  /** Versions that it has, by name. */
  readonly versions?: readonly string[];
}

/** The shipped definition as a cluster may have it. */
function foundOf(
  name: string,
  { version, revision, spec = (text) => text, versions }: Edits,
): FoundDefinition {
  const ours = definitionOf(name);
  const key = Object.keys(ours.labels)
    .find((each) => each.endsWith("/release-version"))
    ?.split("/")[0];
  const labels = {
    ...(version === undefined ? {} : { [`${key}/release-version`]: version }),
    ...(revision === undefined ? {} : { [`${key}/crd-schema-revision`]: revision }),
  };
  const changed = JSON.parse(spec(JSON.stringify(ours.spec))) as { versions: { name: string }[] };
  if (versions !== undefined)
    changed.versions = changed.versions.filter((each) => versions.includes(each.name));
  return parseFound({ metadata: { name, labels, resourceVersion: "7" }, spec: changed });
}

function definitionOf(name: string): Definition {
  const found = shipped.get(name);
  if (found === undefined) throw new Error(`no ${name} is shipped`);
  return found;
}

/** The outcome without errors, as text. */
function told(name: string, found: FoundDefinition | undefined): { text: string; status: number } {
  const decision = decide(definitionOf(name), found);
  const outcome: Outcome = { name, file: "deploy/crds/x.yaml", decision, error: undefined };
  const text = reportText([outcome], "apply").replace(`${name}: `, "").trimEnd();
  return { text, status: statusOf([outcome]) };
}

test("three definitions are shipped", () => {
  expect([...shipped.keys()].toSorted()).toEqual([properties, exports, imports]);
});

describe("what says its release", () => {
  test.each([
    ["v0.4.1", "5"],
    ["v0.5.0", "0"],
    ["v0.5.2-rc.1", "9"],
  ])("%s revision %s is brought up to date (MCS 61)", (version, revision) => {
    expect(decide(definitionOf(imports), foundOf(imports, { version, revision }))).toEqual({
      is: "update",
      from: { version, revision: Number(revision) },
      release: { version: "v0.5.2", revision: 0 },
    });
  });

  test("the same is left alone, and will do", () => {
    expect(told(imports, foundOf(imports, { version: "v0.5.2", revision: "0" }))).toEqual({
      text: "left alone: it is of v0.5.2 revision 0, as ours is; it has all that Sealane needs",
      status: 0,
    });
  });

  test.each([
    ["v0.5.2", "1"],
    ["v0.6.0", "0"],
    ["v1.0.0", "0"],
  ])("%s revision %s is never downgraded (MCS 61)", (version, revision) => {
    expect(told(imports, foundOf(imports, { version, revision }))).toEqual({
      text: `left alone: it is of ${version} revision ${revision}, newer than ours (v0.5.2 revision 0); it has all that Sealane needs`,
      status: 0,
    });
  });

  test("a newer one that has dropped what CoreDNS reads is left alone and is wrong", () => {
    expect(
      told(imports, foundOf(imports, { version: "v1.0.0", revision: "0", versions: ["v1beta1"] })),
    ).toEqual({
      text:
        "left alone: it is of v1.0.0 revision 0, newer than ours (v0.5.2 revision 0), and it lacks what Sealane needs: " +
        "version v1alpha1\n  Run a newer release of Sealane",
      status: 1,
    });
  });

  test("exports are not missed as v1alpha1, which nobody reads", () => {
    const found = foundOf(exports, { version: "v1.0.0", revision: "0", versions: ["v1beta1"] });
    expect(told(exports, found).status).toBe(0);
  });
});

describe("what does not", () => {
  const cure = (name: string): string => told(name, undefined).text;

  test("what is missing is created", () => {
    expect(cure(imports)).toBe("created (v0.5.2 revision 0)");
    expect(cure(properties)).toBe("created (v0.1.0 revision 0)");
  });

  test.each<[string, Edits, string]>([
    ["its second version", { versions: ["v1alpha1"] }, "version v1beta1"],
    [
      "a version that is served",
      { spec: (text) => text.replace('"v1beta1","served":true', '"v1beta1","served":false') },
      "version v1beta1",
    ],
    [
      "a field of the status",
      { spec: (text) => text.replaceAll('"endpointSliceObjects":', '"sliceObjects":') },
      "v1beta1 status.endpointSliceObjects",
    ],
    [
      "a field of list items",
      { spec: (text) => text.replaceAll('"appProtocol":', '"app":') },
      "v1beta1 spec.ports[].appProtocol, v1alpha1 spec.ports[].appProtocol",
    ],
    [
      "the subresource",
      { spec: (text) => text.replaceAll('"subresources":{"status":{}}', '"subresources":{}') },
      "v1beta1 subresource status",
    ],
    [
      "the scope",
      { spec: (text) => text.replace('"Namespaced"', '"Cluster"') },
      "scope Namespaced (it has Cluster)",
    ],
  ])("somebody else's that lacks %s is left alone, with the cure (MCS 61)", (_, edits, lacks) => {
    expect(told(imports, foundOf(imports, edits))).toEqual({
      text:
        "left alone: it has no label multicluster.x-k8s.io/release-version, so somebody else installed it, and it lacks " +
        `what Sealane needs: ${lacks}\n  Have whoever installed it bring it up to date; where nobody does, take it over: ` +
        "kubectl apply --server-side --force-conflicts -f deploy/crds/x.yaml",
      status: 1,
    });
  });

  test("one that keeps unknown fields lacks none", () => {
    const spec = (text: string) =>
      text.replaceAll(/"status":\{"type":"object".*?"conditions"/g, (found) =>
        found
          .replace('"type":"object"', '"type":"object","x-kubernetes-preserve-unknown-fields":true')
          .replace("endpointSliceObjects", "x"),
      );
    expect(told(imports, foundOf(imports, { spec })).status).toBe(0);
  });

  test("ClusterProperties of the About API's own release will do (MCS 3)", () => {
    const spec = (text: string) => text.replaceAll('"subresources":{"status":{}}', '"subresources":{}');
    const { text, status } = told(properties, foundOf(properties, { spec }));
    expect(text).toBe(
      "left alone: it has no label about.sealane.dev/release-version, so somebody else installed it; it has all that Sealane needs",
    );
    expect(status).toBe(0);
  });
});

test("a dry run says what would be done, and a failure what could not be", () => {
  const decision = decide(definitionOf(imports), undefined);
  const outcome: Outcome = { name: imports, file: "", decision, error: undefined };
  expect(reportText([outcome], "dry-run")).toBe(`${imports}: would be created (v0.5.2 revision 0)\n`);
  const failed = { ...outcome, error: "denied" };
  expect(reportText([failed, { ...failed, decision: undefined }], "apply")).toBe(
    `${imports}: could not be created: denied\n${imports}: could not be read: denied\n`,
  );
  expect([statusOf([outcome, failed]), statusOf([outcome])]).toEqual([3, 0]);
});
