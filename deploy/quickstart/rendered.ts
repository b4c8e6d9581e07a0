// What one agent has rendered, read back from its files: the effects, beside what the hub says it wants.

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";

/** Something that is not as wanted, with its reason of the closed list. */
export interface Finding {
  readonly subject: string;
  readonly reason: string;
  readonly message: string;
}

/** Next hops by prefix, as they stand in the file. */
export type Routes = ReadonlyMap<string, readonly string[]>;

/** The folder of one cluster. Parts that are not there yet are empty. */
export interface Rendered {
  /** Imported services as `namespace/name`, sorted. */
  readonly imports: readonly string[];
  /** Routes to other clusters, by node. */
  readonly nodes: ReadonlyMap<string, Routes>;
  /** Addresses of mesh-dns by zone, of the other clusters. */
  readonly zones: ReadonlyMap<string, readonly string[]>;
  readonly findings: readonly Finding[];
}

/** Reads the whole folder. */
export async function readRendered(folder: string): Promise<Rendered> {
  const [imports, nodes, peers, status] = await Promise.all([
    readImports(join(folder, "imports")),
    readNodes(join(folder, "bird")),
    readText(join(folder, "peers.Corefile")),
    readText(join(folder, "status.yaml")),
  ]);
  return { imports, nodes, zones: parseZones(peers), findings: parseFindings(status) };
}

/** The routes of every node of a cluster, from its `bird` folder. */
export async function readNodes(folder: string): Promise<ReadonlyMap<string, Routes>> {
  const files = (await names(folder)).filter((name) => name.endsWith(".conf"));
  const nodes = files.map(
    async (file) =>
      [file.slice(0, -".conf".length), parseRoutes(await readText(join(folder, file)))] as const,
  );
  return new Map(await Promise.all(nodes));
}

/** The static routes with next hops of a BIRD configuration; what a node announces (`blackhole`) is not among them. */
export function parseRoutes(text: string): Routes {
  const routes = [...text.matchAll(/^\s*route (\S+) ((?:via \S+\s*)+);/gm)];
  return new Map(
    routes.map(([, prefix = "", hops = ""]) => [
      prefix,
      [...hops.matchAll(/via ([^\s;]+)/g)].map(([, hop = ""]) => hop),
    ]),
  );
}

/** The forwarded zones of a Corefile with the addresses that they are asked at. */
export function parseZones(text: string): ReadonlyMap<string, readonly string[]> {
  const zones = new Map<string, readonly string[]>();
  let zone = "";
  for (const line of text.split("\n")) {
    zone = /^([^\s:{]+):\d+ \{$/.exec(line)?.[1] ?? zone;
    const forward = /^\s+forward \. ([^{]+) \{$/.exec(line)?.[1];
    if (forward !== undefined) zones.set(zone, forward.split(" "));
  }
  return zones;
}

function parseFindings(status: string): readonly Finding[] {
  const { findings = [] } = (parse(status) ?? {}) as { readonly findings?: readonly Finding[] };
  return findings;
}

async function readImports(folder: string): Promise<readonly string[]> {
  const namespaces = await names(folder);
  const files = await Promise.all(
    namespaces.map(async (namespace) =>
      (await names(join(folder, namespace)))
        .filter((name) => name.endsWith(".yaml"))
        .map((name) => `${namespace}/${name.slice(0, -".yaml".length)}`),
    ),
  );
  return files.flat().toSorted();
}

async function names(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder).catch(() => []);
  return found.filter((name) => !name.startsWith(".")).toSorted();
}

function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
