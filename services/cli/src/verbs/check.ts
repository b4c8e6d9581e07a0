// `sealane check`: what is wrong with the clusters under the mesh, and the cure? Exit code 0 all well, 1 something is
// wrong, 3 not known. It asks the hub only: agents and speakers look, and report what they find.

import type { Command } from "commander";
import { CliError } from "../error.ts";
import { checkKind, checkLines, toCheckReport } from "../views/check.ts";
import type { Cluster } from "../views/cluster.ts";
import { toCluster } from "../views/cluster.ts";
import type { GlobalFlags, Invocation } from "./verb.ts";
import { examples, exitCodeOf, print, withHub } from "./verb.ts";

/** Adds the verb. */
export function addCheck(program: Command, invocation: Invocation): void {
  const { io } = invocation;
  program
    .command("check")
    .description("Says what is wrong with clusters and their nodes, and the cure. It changes nothing.")
    .argument("[CLUSTER...]", "only these")
    .addHelpText(
      "before",
      examples("sealane check", "sealane check fra1 -o wide", "sealane check -o json | jq .items"),
    )
    .addHelpText(
      "after",
      "\nBefore a cluster joins, its agent and speakers check by themselves:\n  npx node agents/cluster/src/main.ts check --help",
    )
    .action(async (names: readonly string[], _, command: Command) => {
      const flags = command.optsWithGlobals<GlobalFlags>();
      const clusters = await withHub(flags, io, async (hub) => {
        const answer = await hub.ask("check clusters", "", (client, options) =>
          client.listClusters({}, options),
        );
        return answer.clusters.map(toCluster);
      });
      const report = toCheckReport(choose(clusters, names), io.now());
      const { findings, ...head } = report;
      await print({ kind: checkKind, items: findings, head }, flags.output, io);
      if (flags.output === "table" || flags.output === "wide") {
        io.stdout.write(
          checkLines(report)
            .map((line) => `${line}\n`)
            .join(""),
        );
      }
      invocation.exitCode = exitCodeOf(report.answer);
    });
}

/** The clusters that are named; all without names. Throws NotFound for a name of none. */
function choose(clusters: readonly Cluster[], names: readonly string[]): readonly Cluster[] {
  if (names.length === 0) return clusters;
  const absent = names.filter((name) => !clusters.some((cluster) => cluster.name === name));
  if (absent.length === 0) return clusters.filter(({ name }) => names.includes(name));
  throw new CliError({
    reason: "NotFound",
    object: absent.map((name) => `cluster/${name}`).join(", "),
    message: `Cannot check cluster ${absent.map((name) => `"${name}"`).join(", ")}: the hub has none of that name`,
    must: "",
    next: "sealane get clusters",
  });
}
