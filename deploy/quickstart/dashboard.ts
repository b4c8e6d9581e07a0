// The live part of the terminal view as lines, from what there is to show. Pure: the height comes from outside.

import { paint, renderTable } from "../../services/cli/src/print/table.ts";
import type { Column } from "../../services/cli/src/print/table.ts";
import { changeText } from "./plain.ts";
import { formatSeconds } from "./sentences.ts";
import type { Picture } from "./picture.ts";
import type { Shown } from "./telling.ts";

/** Room on the terminal. */
interface Room {
  readonly rows: number;
  readonly colour: boolean;
}

const waitsShown = 4;
const changesShown = 6;

/** The lines that are drawn anew each time, no more than fit. */
export function dashboardLines(shown: Shown, elapsedMs: number, room: Room): readonly string[] {
  const { running, picture } = shown;
  const lines = [
    ...(running === undefined ? [] : runningLines(running, elapsedMs, room)),
    ...(picture === undefined || running !== undefined ? [] : pictureLines(picture, room)),
    ...changeLines(shown, room),
    ...(running === undefined ? ["", "Ctrl-C ends everything."] : []),
  ];
  return lines.slice(0, Math.max(1, room.rows - 1));
}

function runningLines(
  { title, waitsFor }: NonNullable<Shown["running"]>,
  elapsedMs: number,
  { colour }: Room,
): readonly string[] {
  const shown = waitsFor.slice(0, waitsShown);
  const more = waitsFor.length > shown.length ? [`and ${waitsFor.length - shown.length} more`] : [];
  const head = `${formatSeconds(elapsedMs).padStart(8)}  ${paint(title, "unsure", colour)} ...`;
  return [head, ...[...shown, ...more].map((line) => `${" ".repeat(22)}${line}`)];
}

function pictureLines(picture: Picture, { colour }: Room): readonly string[] {
  const options = { format: "table", colour, now: Date.now() } as const;
  const tables = [
    renderTable(clusterColumns, clusterRows(picture), options),
    renderTable(routeColumns, routeRows(picture), options),
  ];
  const findings = [...picture.rendered].flatMap(([cluster, rendered]) =>
    rendered.findings.map(({ reason, message }) => `${cluster}: ${paint(reason, "bad", colour)} ${message}`),
  );
  return [
    ...tables.flatMap((table) => ["", ...table.trimEnd().split("\n")]),
    ...findings.slice(0, waitsShown),
  ];
}

function changeLines({ changes }: Shown, { colour }: Room): readonly string[] {
  if (changes.length === 0) return [];
  const shown = changes.slice(-changesShown).map(changeText);
  return ["", paint("CHANGES", "plain", colour), ...shown];
}

interface ClusterRow {
  readonly name: string;
  readonly agent: string;
  readonly admitted: string;
  readonly quarantined: string;
  readonly exports: number;
  readonly imports: number;
  readonly routes: number;
  readonly zones: number;
}

function clusterRows({ clusters, ranges, rendered }: Picture): readonly ClusterRow[] {
  return clusters.map(({ name, agent, exports }) => {
    const own = ranges.filter(({ cluster }) => cluster === name);
    const held = own.filter(({ state }) => state === "admitted");
    const refused = own.filter(({ state }) => state === "quarantined");
    const files = rendered.get(name);
    const routes = [...(files?.nodes.values() ?? [])].map(({ size }) => size);
    return {
      name,
      agent,
      admitted: `${held.length}/${own.length}`,
      quarantined: refused.map(({ prefix, owner }) => `${prefix} (${owner ?? "?"})`).join(","),
      exports,
      imports: files?.imports.length ?? 0,
      routes: Math.max(0, ...routes),
      zones: files?.zones.size ?? 0,
    };
  });
}

const clusterColumns: readonly Column<ClusterRow>[] = [
  { title: "CLUSTER", cell: (it) => it.name },
  { title: "AGENT", cell: (it) => it.agent, tone: (it) => (it.agent === "ready" ? "good" : "unsure") },
  { title: "RANGES", cell: (it) => it.admitted },
  { title: "EXPORTS", cell: (it) => String(it.exports) },
  { title: "IMPORTS", cell: (it) => String(it.imports) },
  { title: "ROUTES", cell: (it) => String(it.routes) },
  { title: "STUBS", cell: (it) => String(it.zones) },
  { title: "QUARANTINED", cell: (it) => it.quarantined, tone: () => "bad" },
];

interface RouteRow {
  readonly purpose: string;
  readonly cluster: string;
  readonly prefix: string;
  readonly hops: string;
  readonly on: readonly string[];
}

/** Rendered routes to exported Services, those of several nodes that are alike in one row. */
function routeRows({ wanted, rendered, services }: Picture): readonly RouteRow[] {
  const exported = new Set(services.map(({ namespace, name }) => `${namespace}/${name}`));
  const meanings = new Map(
    [...wanted.values()]
      .flat()
      .map((it) => [it.prefix, { purpose: it.purpose, cluster: it.cluster }] as const),
  );
  const found = [...rendered.values()].flatMap(({ nodes }) =>
    [...nodes].flatMap(([node, routes]) =>
      [...routes].map(([prefix, hops]) => ({ node, prefix, hops: hops.join(" ") })),
    ),
  );
  const alike = Map.groupBy(found, ({ prefix, hops }) => `${prefix} via ${hops}`);
  const rows = [...alike.values()].flatMap((of) => {
    const [first] = of;
    const meaning = meanings.get(first?.prefix ?? "");
    if (first === undefined || meaning === undefined || !exported.has(meaning.purpose)) return [];
    return [
      { ...meaning, prefix: first.prefix, hops: first.hops, on: of.map(({ node }) => node).toSorted() },
    ];
  });
  return rows.toSorted((a, b) => (`${a.purpose} ${a.cluster}` < `${b.purpose} ${b.cluster}` ? -1 : 1));
}

const routeColumns: readonly Column<RouteRow>[] = [
  { title: "SERVICE", cell: (it) => it.purpose },
  { title: "OF", cell: (it) => it.cluster },
  { title: "ROUTE", cell: (it) => it.prefix },
  { title: "NEXTHOPS", cell: (it) => it.hops },
  { title: "RENDEREDFOR", cell: (it) => it.on.join(",") },
];
