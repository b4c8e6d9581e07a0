// Writes docs/reference from the code: the command line from its tree, the metrics from their registries. A test
// fails when what is committed is not what this gives.

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { eventKinds, reasons } from "@sealane/core";
import type { Command } from "commander";
import { writerMetrics } from "../agents/cluster/src/dns/writer-metrics.ts";
import { makeMetrics as agentMetrics } from "../agents/cluster/src/metrics.ts";
import { makeMetrics as speakerMetrics } from "../agents/speaker/src/metrics.ts";
import { build } from "../services/cli/src/program.ts";
import { hubMetrics } from "../services/hub/src/metrics.ts";

type Registry = ReturnType<typeof agentMetrics>["registry"];

const root = resolve(import.meta.dirname, "..");
const generated = "Written by `node test/reference.ts` from the code; change it there.";

/** Every page by its path from the repository's root. */
export async function referencePages(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ["docs/reference/cli.md", cliPage()],
    ["docs/reference/metrics.md", await metricsPage()],
  ]);
}

function cliPage(): string {
  let text = "";
  const write = (part: string) => void (text += part);
  const program = build({
    io: {
      stdout: { write, colour: false },
      stderr: { write, colour: false },
      env: {},
      home: "",
      now: () => 0,
      signal: new AbortController().signal,
    },
    exitCode: 0,
  });
  const helpOf = (command: Command): string => {
    text = "";
    command.outputHelp();
    return text.trim();
  };
  const commands = below(program);
  return [
    "# The command line",
    generated,
    "",
    "`sealane` asks a hub. Where the hub is and who is asking stands in a configuration file, which the hub's first start",
    "writes for its first administrator: `--config`, else `SEALANE_CONFIG`, else `~/.config/sealane/config.yaml`.",
    "",
    "## sealane",
    fence(helpOf(program)),
    ...commands.flatMap(([path, command]) => [`## ${path}`, fence(withoutGlobal(helpOf(command)))]),
    "## Events",
    "What `sealane get events` and `sealane watch events` tell. The hub remembers the newest of each kind, in memory: a",
    "restart of the hub forgets them. Its log has every line.",
    "",
    table(["event", "meaning"], Object.entries(eventKinds)),
    "## Reasons",
    "The closed list; `sealane explain REASON` says the same.",
    "",
    table(["reason", "meaning"], Object.entries(reasons)),
  ]
    .join("\n")
    .replaceAll(/^(#.*)\n/gm, "$1\n\n");
}

/** Every command below one, with its whole path, in the order of the help. */
function below(
  command: Command,
  path = command.name(),
): readonly (readonly [path: string, command: Command])[] {
  return command.commands.flatMap((it) => {
    const own = `${path} ${it.name()}`;
    return [[own, it] as const, ...below(it, own)];
  });
}

/** What every verb's help repeats stands once, with the program. */
function withoutGlobal(help: string): string {
  return help.replace(/\n+Global Options:\n(?: .*\n?)*/, "\n").trim();
}

async function metricsPage(): Promise<string> {
  const reading = { clusters: [], services: 0, refusedDocuments: 0, certificateExpiryUnixMs: 0 };
  const programs = [
    [
      "Hub",
      "`/metrics` of `sealane-hub`, port 9464",
      hubMetrics({ version: "", schema: "" }, () => reading).registry,
    ],
    ["Agent", "`/metrics` of `sealane-agent`, port 9465", agentMetrics().registry],
    ["Speaker", "`/metrics` of `sealane-speaker`, port 9466", speakerMetrics("", "bird").registry],
    [
      "mesh-dns writer",
      "`/metrics` of the writer in each pod of mesh-dns, port 9467",
      writerMetrics().registry,
    ],
  ] as const;
  const sections = await Promise.all(
    programs.map(async ([title, where, registry]) => [
      `## ${title}`,
      "",
      `At ${where}.`,
      "",
      table(["metric", "type", "labels", "help"], await rowsOf(registry)),
    ]),
  );
  return [
    "# Metrics",
    "",
    generated,
    "",
    "Names, types and labels never vary by driver, and labels come from closed lists and the names of clusters and nodes.",
    "Units are in the names; without one it is a count. The hub also has the `process_*` and `nodejs_*` metrics of every",
    "Node program.",
    "",
    ...sections.flat(),
  ].join("\n");
}

async function rowsOf(registry: Registry): Promise<readonly (readonly string[])[]> {
  const rows = registry.getMetricsAsArray().map(async (metric) => {
    const { name, help, type } = await (metric as unknown as { get: () => Promise<Described> }).get();
    const { labelNames } = metric as unknown as { readonly labelNames: readonly string[] };
    return [`\`${name}\``, type, labelNames.map((it) => `\`${it}\``).join(", "), help];
  });
  return (await Promise.all(rows))
    .filter(([name = ""]) => name.startsWith("`sealane_"))
    .toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1));
}

interface Described {
  readonly name: string;
  readonly help: string;
  readonly type: string;
}

function fence(text: string): string {
  return `\`\`\`\n${text}\n\`\`\`\n`;
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((it) => it.replaceAll("|", "\\|")).join(" | ")} |\n`;
  return `${line(titles)}${line(titles.map(() => "---"))}${rows.map(line).join("")}`;
}

if (import.meta.main) {
  for (const [path, text] of await referencePages()) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}
