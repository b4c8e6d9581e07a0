// `npm run bench -- NAME`: measurements as ratios in one run. Times decide nothing; counts that must be exact do.

import { Command, InvalidArgumentError } from "commander";
import { measureImports } from "./import.ts";
import { measurePrefixes } from "./prefixes.ts";
import { propagation } from "./propagation.ts";
import { startup } from "./startup.ts";

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("write a whole number greater than 0");
}

const program = new Command("bench")
  .description("Measurements as ratios against a floor, in one run")
  .addHelpText(
    "after",
    `
Examples:
  npm run bench -- propagation
  npm run bench -- propagation --runs 2 --changes 400
  npm run bench -- propagation --rate 300 --services 100
  npm run bench -- propagation --runs 1 --profile
  npm run bench -- import
  npm run bench -- import --exports 100 --runs 1
  npm run bench -- prefixes`,
  );

program
  .command("propagation")
  .description("a change in one cluster until it is visible in the other, beside a bare mirror")
  .option("--runs <n>", "alternating runs", count, 5)
  .option("--changes <n>", "changes in each run", count, 2_000)
  .option("--rate <n>", "changes a second", count, 20)
  .option("--services <n>", "services changed in turn", count, 20)
  .option("--profile", "write CPU profiles of the last run")
  .action((options: { runs: number; changes: number; rate: number; services: number; profile?: true }) =>
    propagation({
      runs: options.runs,
      load: { changes: options.changes, rate: options.rate, services: options.services },
      profile: options.profile === true ? "profiled" : "plain",
    }),
  );

program
  .command("import")
  .description(
    "a cold import beside a bare copy, and the writes of changes, restarts and churn; fails when a count does not hold",
  )
  .option("--runs <n>", "alternating cold imports", count, 3)
  .option("--exports <n>", "exported services", count, 1_000)
  .option("--changes <n>", "endpoint changes whose writes are counted", count, 200)
  .option("--profile", "write CPU profiles of hub and agents")
  .action(async (options: { runs: number; exports: number; changes: number; profile?: true }) => {
    const profile = options.profile === true ? "profiled" : "plain";
    if (!(await measureImports({ ...options, profile }))) process.exitCode = 1;
  });

program
  .command("prefixes")
  .description("which of many claims a prefix meets, beside a bare binary search")
  .option("--runs <n>", "alternating runs", count, 40)
  .option("--claims <n>", "claims in the list", count, 100_000)
  .action((options: { runs: number; claims: number }) => measurePrefixes(options));

program
  .command("startup")
  .description("a lab of three clusters from nothing until the first fetch across; takes a running lab down")
  .action(() => startup());

await program.parseAsync();
