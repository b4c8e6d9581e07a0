// `sealane check` on real clusters: a healthy lab passes every check, and each of the faults that hands make, planted
// one at a time, is found where it is, named, and gone from the list once it is undone.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { clusterOf, program, run, waitFor } from "../lab/index.ts";
import type { Lab } from "../lab/index.ts";
import { waitUntilSettled } from "../lab/sealane.ts";
import { invokeSealane } from "../lab/sealane/cli.ts";
import { faults } from "./check-faults.ts";
import type { Fault } from "./check-faults.ts";
import { kubectl, openStory } from "./story.ts";

const foundMsMax = 90_000;
const goneMsMax = 60_000;
const faultMsMax = foundMsMax + goneMsMax + 30_000;
const faultsMin = 10;

interface Finding {
  readonly cluster: string;
  readonly node: string | null;
  readonly reason: string;
  readonly answer: string;
  readonly message: string;
  readonly cure: string | null;
}

interface CheckReport {
  readonly items: readonly Finding[];
  readonly clusters: readonly {
    readonly name: string;
    readonly answer: string;
    readonly nodes: number;
    readonly checks: number;
    readonly well: number;
  }[];
}

let lab: Lab;
let planted: Fault | undefined;
const told: string[] = [];

beforeAll(async () => {
  lab = await openStory();
});

afterEach(async () => {
  await planted?.undo(lab);
  planted = undefined;
});

afterAll(async () => {
  console.log(told.join("\n"));
  if (lab !== undefined) await waitUntilSettled(lab);
});

describe("a healthy lab", () => {
  it("is well, by checks of every cluster and every node", async () => {
    const { clusters } = await waitUntilWell();
    expect(clusters.map(({ name, answer, nodes }) => ({ name, answer, nodes }))).toEqual(
      lab.clusters.map(({ name, nodes }) => ({ name, answer: "yes", nodes: nodes.length })),
    );
    for (const { name, checks, well } of clusters) {
      told.push(`${name}: ${well} of ${checks} checks well`);
      expect(well).toBe(checks);
      // Each part of a node gives some: settings, links, BIRD, kube-proxy; and so does the cluster's own.
      expect(checks).toBeGreaterThan(10 * clusterOf(lab, name).nodes.length);
    }
  });

  it("is well when asked on its nodes, without agent and hub", async () => {
    const checked = await preflight(["exec", "daemonset/sealane-speaker"], ["agents/speaker/src/main.ts"]);
    expect(checked).toMatchObject({ status: 0 });
    expect(checked.stdout).toMatch(/well +net\.ipv4\.ip_forward +is 1/);
    expect(checked.stdout).toMatch(/\n1\d checks: 1\d well, 0 wrong, 0 not known\n$/);
  });

  it("is well when asked in the cluster, without the hub", async () => {
    const checked = await preflight(["exec", "deployment/sealane-agent"], ["agents/cluster/src/main.ts"]);
    expect(checked).toMatchObject({ status: 0 });
    expect(checked.stdout).toMatch(/well +permissions +all \d+ are granted/);
    expect(checked.stdout).toMatch(/well +sessions at \S+ +answers/);
  });
});

describe(`each of ${faults.length} faults is found, named, and forgotten once it is undone`, () => {
  it("there are enough of them", () => {
    expect(faults.length).toBeGreaterThanOrEqual(faultsMin);
  });

  it.each(faults.map((fault) => [fault.name, fault] as const))(
    "%s",
    { timeout: faultMsMax },
    async (_name, fault) => {
      const startMs = performance.now();
      planted = fault;
      await fault.plant(lab);
      const found = await waitFor(
        { what: `"${fault.name}" to be found`, timeoutMs: foundMsMax, intervalMs: 500 },
        () => findingOf(fault),
      );
      const foundMs = performance.now() - startMs;
      expect(found).toMatchObject({ answer: "no", cure: expect.stringMatching(/\w/) });
      const table = await invokeSealane(["check", fault.cluster]);
      expect(table.exitCode).toBe(1);
      expect(table.stdout).toContain(`\n${fault.reason}: ${found.cure ?? ""}\n`);
      await fault.undo(lab);
      planted = undefined;
      const undoneMs = performance.now();
      await waitUntilWell();
      const goneMs = performance.now() - undoneMs;
      told.push(
        `${fault.reason}: found after ${seconds(foundMs)}, gone after ${seconds(goneMs)} (${fault.name})`,
      );
    },
  );
});

describe("a node asked without agent and hub", () => {
  it("names what is wrong with it, and ends with 1", async () => {
    const [fault] = faults;
    if (fault === undefined) throw new Error("There is no fault");
    planted = fault;
    await fault.plant(lab);
    const pod = await kubectl(clusterOf(lab, fault.cluster), [
      ...["-n", "sealane-system", "get", "pods", "-l", "app.kubernetes.io/name=sealane-speaker"],
      ...["--field-selector", `spec.nodeName=${fault.node}`, "-o", "jsonpath={.items[0].metadata.name}"],
    ]);
    const checked = await preflight(["exec", pod.trim()], ["agents/speaker/src/main.ts"]);
    expect(checked.status).toBe(1);
    expect(checked.stdout).toContain(`\n         ${fault.reason}: `);
  });
});

/** Runs the program's own check in a pod of cluster a. */
function preflight(what: readonly string[], main: readonly string[]) {
  const { kubeconfig } = clusterOf(lab, "a");
  const prefix = [program("kubectl"), `--kubeconfig=${kubeconfig}`, "-n", "sealane-system"];
  const flags = main[0]?.includes("speaker") ? ["--kube-proxy-configz=http://127.0.0.1:10249/configz"] : [];
  return run([...prefix, ...what, "--", "node", ...main, "check", ...flags]);
}

async function findingOf({ cluster, node, reason, says }: Fault): Promise<Finding | undefined> {
  const { exitCode, report } = await check();
  const found = report.items.find(
    (item) =>
      item.cluster === cluster && item.node === node && item.reason === reason && item.message.includes(says),
  );
  return exitCode === 1 ? found : undefined;
}

function waitUntilWell(): Promise<CheckReport> {
  return waitFor({ what: "every check to be well", timeoutMs: goneMsMax, intervalMs: 500 }, async () => {
    const { exitCode, report } = await check();
    if (exitCode !== 0) throw new Error(report.items.map((item) => JSON.stringify(item)).join("; "));
    return report;
  });
}

async function check(): Promise<{ readonly exitCode: number; readonly report: CheckReport }> {
  const { exitCode, stdout, stderr } = await invokeSealane(["check", "-o", "json"]);
  if (stdout === "") throw new Error(`"sealane check" printed nothing: ${stderr}`);
  return { exitCode, report: JSON.parse(stdout) as CheckReport };
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
