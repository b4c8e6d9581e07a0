// `npm run lab`: real Kubernetes clusters, routers and hosts on this machine. It reads the command line;
// the work is in the files that it names.

import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { Command } from "commander";
import { down, downClusters } from "./down.ts";
import { loadImage, openLab } from "./lab.ts";
import { entering, getMachine, machineEnvironment } from "./machine/machine.ts";
import { parseNames, parseUpOptions } from "./options.ts";
import type { UpOptions } from "./options.ts";
import { step } from "./progress.ts";
import { deploySealane } from "./sealane.ts";
import { status } from "./status.ts";
import { up } from "./up.ts";

const append = (value: string, before: readonly string[]): readonly string[] => [...before, value];

const lab = new Command("lab")
  .description("Real Kubernetes clusters, routers and hosts on this one machine.")
  .enablePositionalOptions()
  .showHelpAfterError();

lab
  .command("up")
  .description("start clusters beside those that run; build and download what is missing first")
  .option("--clusters <names>", "which clusters, by name", "a,b,c")
  .option("--nodes <size>", "nodes of every cluster (2) or of one (a=3); repeatable", append, [])
  .option(
    "--pod-range <range>",
    "another pod range: d=10.64.128.0/17,fd00:10:64:80::/57; repeatable",
    append,
    [],
  )
  .option("--service-range <range>", "another service range, likewise; repeatable", append, [])
  .option("--shape <shape>", "how the machines are wired: flat is one segment", "flat")
  .option("--bare", "clusters only, no Sealane")
  .action(async (options: UpOptions & { readonly shape: string; readonly bare?: true }) => {
    if (options.shape !== "flat") throw new Error(`Cannot make shape "${options.shape}": use flat`);
    await up(parseUpOptions(options));
    if (!options.bare) await deploySealane(await openLab());
  });

lab
  .command("down")
  .description("take everything away and check that nothing is left")
  .option("--clusters <names>", "only these clusters")
  .action(async (options: { readonly clusters?: string }) => {
    await (options.clusters === undefined ? down() : downClusters(parseNames(options.clusters)));
  });

lab
  .command("status")
  .description("show what runs; ends with status 1 when something does not")
  .action(async () => {
    const found = await status();
    process.stdout.write(`${found.lines.join("\n")}\n`);
    if (!found.well) process.exitCode = 1;
  });

lab
  .command("load-image")
  .description("import a docker-archive into every node")
  .argument("<file>", "the archive, as `docker save` writes it")
  .action(async (file: string) => {
    const { clusters } = await openLab();
    await step(`importing ${file}`, () => loadImage(clusters, resolve(file)));
  });

lab
  .command("exec")
  .description("run a command on a machine: a1, cp-a, hub, outside, switch")
  .passThroughOptions()
  .argument("<machine>")
  .argument("<command...>")
  .action(async (name: string, words: readonly string[]) => {
    const command = words[0] === "--" ? words.slice(1) : words;
    const [program = "", ...args] = await entering(await getMachine(name), "exec", command);
    const env = { ...machineEnvironment, TERM: process.env.TERM ?? "dumb" };
    const child = spawn(program, args, { stdio: "inherit", env });
    process.exitCode = await new Promise<number>((done, fail) => {
      child.on("error", fail);
      child.on("exit", (code) => done(code ?? 1));
    });
  });

try {
  await lab.parseAsync();
} catch (error) {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    process.stderr.write(`${cause === error ? "error" : "  because"}: ${cause.message}\n`);
  }
  process.exitCode = 1;
}
