// `npm run bench -- NAME`: measurements as ratios in one run. Nothing here decides whether a test passes.

import { Command, InvalidArgumentError } from "commander";
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
  npm run bench -- propagation --runs 1 --profile`,
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
  .command("startup")
  .description("a lab of three clusters from nothing until the first fetch across; takes a running lab down")
  .action(() => startup());

await program.parseAsync();
