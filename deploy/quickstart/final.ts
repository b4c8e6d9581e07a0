// The final state for a person and for logs: what the hub answers, by the command line as anyone would ask it, and
// what stands in the rendered files.

import { join, relative } from "node:path";
import { run } from "../../services/cli/src/index.ts";
import type { Io } from "../../services/cli/src/index.ts";
import { renderTable } from "../../services/cli/src/print/table.ts";
import type { Column } from "../../services/cli/src/print/table.ts";
import { placesOf } from "./site.ts";
import type { Site } from "./site.ts";
import type { Outcome } from "./story.ts";

/** Prints it all to `io`. Asks for the routes of one cluster that imports what the pod serves. */
export async function printFinalState(site: Site, outcome: Outcome, io: Io): Promise<void> {
  const { picture, unready } = outcome;
  const seen = site.clusters.find((name) => name !== unready?.pod.cluster && picture.rendered.has(name));
  const questions = [["status"], ["get", "ranges"], ["get", "services"]];
  if (seen !== undefined) questions.push(["get", "routes", "--cluster", seen]);
  for (const argv of questions) {
    io.stdout.write(`\n$ npx sealane ${argv.join(" ")}\n`);
    await run(["--config", site.config, ...argv], io);
  }
  io.stdout.write(`\nRendered files, every route as the hub wants it:\n`);
  io.stdout.write(
    renderTable(columns, rowsOf(site, outcome), { format: "table", colour: io.stdout.colour, now: 0 }),
  );
}

interface Row {
  readonly file: string;
  readonly routes: number;
  readonly imports: number;
  readonly stubs: number;
  readonly service: string;
}

/** One row for each node: its file, and where it leads for the pod's Service. */
function rowsOf(site: Site, { picture, unready }: Outcome): readonly Row[] {
  return [...picture.rendered].flatMap(([cluster, { nodes, imports, zones }]) => {
    const folder = relative(site.root, join(placesOf(site, cluster).rendered, "bird"));
    return [...nodes].map(([node, routes]) => ({
      file: join(folder, `${node}.conf`),
      routes: routes.size,
      imports: imports.length,
      stubs: zones.size,
      service: (unready?.prefixes ?? [])
        .flatMap((prefix) => {
          const hops = routes.get(prefix);
          return hops === undefined ? [] : [`${prefix} via ${hops.join(" ")}`];
        })
        .join(", "),
    }));
  });
}

const columns: readonly Column<Row>[] = [
  { title: "FILE", cell: (it) => it.file },
  { title: "ROUTES", cell: (it) => String(it.routes) },
  { title: "IMPORTS", cell: (it) => String(it.imports) },
  { title: "STUBS", cell: (it) => String(it.stubs) },
  { title: "WITHOUTTHEPOD", cell: (it) => it.service, wrap: true },
];
