// Everything known about one service, for a person and as one document.

import type { Fact, Section } from "../print/sections.ts";
import { section } from "../print/sections.ts";
import type { Column } from "../print/table.ts";
import { eventsMax } from "./cluster-description.ts";
import type { Event } from "./event.ts";
import { eventKind } from "./event.ts";
import type { Step } from "./explanation.ts";
import { answerTones } from "./explanation.ts";
import type { Name } from "./name.ts";
import { nameKind } from "./name.ts";
import type { Route } from "./route.ts";
import { routeKind } from "./route.ts";
import type { Export, Service } from "./service.ts";

/** The one item of a ServiceDescription. */
export interface ServiceDescription {
  readonly service: Service;
  /** One for each cluster that was asked. */
  readonly imports: readonly Import[];
  /** Clusters that were not asked, because there are many. */
  readonly notAsked: readonly string[];
  readonly names: readonly Name[];
  readonly events: readonly Event[];
}

/** What one cluster makes of the service. */
export interface Import {
  readonly cluster: string;
  /** Whether it imports the service. */
  readonly answer: Step["answer"];
  readonly reason: string | null;
  readonly message: string;
  /** To the service's own addresses, in that cluster's kernels. */
  readonly routes: readonly Route[];
}

/** The facts at its head. */
export function serviceFacts({ service, notAsked }: ServiceDescription): readonly Fact[] {
  const ports = service.ports.map(
    ({ name, port, protocol, appProtocol }) =>
      `${name === "" ? "" : `${name} `}${port}/${protocol}${appProtocol === null ? "" : ` (${appProtocol})`}`,
  );
  return [
    ["Name", `${service.namespace}/${service.name}`],
    ["Type", service.type ?? "none: every export was refused"],
    ["Owner", service.owner === null ? "" : `${service.owner}, whose export is the oldest and decides`],
    ["Ports", ports.join(", ")],
    ["Families", service.ipFamilies.join(", ")],
    ["Affinity", service.sessionAffinity ?? ""],
    ["Pods", `${service.pods.ready} of ${service.pods.total} ready`],
    ...(notAsked.length === 0
      ? []
      : [["Not shown", `${notAsked.length} more clusters; name one with --in`] as const]),
  ];
}

/** The tables below. */
export function serviceSections(description: ServiceDescription): readonly Section[] {
  const { service, imports, names, events } = description;
  const { namespace, name, exports, exporters } = service;
  const routes = imports.flatMap(({ cluster, routes: all }) =>
    all.map((route) => ({ ...route, in: cluster })),
  );
  const parts = exports.map((part) => {
    const exporter = exporters.find((it) => it.cluster === part.cluster);
    const { clusterAddresses: addresses = [], ports = [], endpoints = "" } = exporter ?? {};
    return { ...part, addresses, ports, endpoints };
  });
  const whole = `sealane describe service ${namespace}/${name} -o wide`;
  return [
    section("Exports", exportColumns, parts, whole),
    section("Imports", importColumns, imports, whole),
    section("Routes", routeColumns, routes, whole),
    section("Names", nameKind.columns, names, `sealane get names -n ${namespace} -o wide`),
    section("Events", eventKind.columns, events.slice(-eventsMax), "sealane get events -o wide"),
  ];
}

interface Part extends Export {
  readonly addresses: readonly string[];
  readonly ports: readonly string[];
  /** What other clusters import; empty when refused. */
  readonly endpoints: string;
}

const exportColumns: readonly Column<Part>[] = [
  { title: "CLUSTER", cell: (it) => it.cluster },
  {
    title: "DECISION",
    cell: (it) => (it.accepted ? "accepted" : "refused"),
    tone: (it) => (it.accepted ? "good" : "bad"),
  },
  { title: "ADDRESSES", cell: (it) => it.addresses.join(",") },
  { title: "PORTS", cell: (it) => it.ports.join(",") },
  { title: "ENDPOINTS", wide: true, cell: (it) => it.endpoints },
  { title: "REASON", cell: (it) => it.reason ?? it.conflicts.join(",") },
  { title: "MESSAGE", cell: (it) => it.message, wrap: true },
];

const importColumns: readonly Column<Import>[] = [
  { title: "CLUSTER", cell: (it) => it.cluster },
  { title: "IMPORTS", cell: (it) => it.answer, tone: (it) => answerTones[it.answer] },
  { title: "REASON", cell: (it) => it.reason ?? "" },
  { title: "MESSAGE", cell: (it) => it.message, wrap: true },
];

const routeColumns: readonly Column<Route & { readonly in: string }>[] = [
  { title: "IN", cell: (it) => it.in },
  ...routeKind.columns.filter(({ title }) => title !== "PURPOSE"),
];
