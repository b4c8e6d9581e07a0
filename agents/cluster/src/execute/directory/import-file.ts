// The file of one imported service: its ServiceImport, derived Service and EndpointSlices as manifests, and back again.
// Pure. The objects are those that the Kubernetes form writes; what only an API server gives is left out.

import type { DesiredImport, Slice } from "@sealane/core";
import { isMap, parseAllDocuments } from "yaml";
import { parseImportedSlice, sliceManifest, sliceOwnerOf } from "../imported-slice.ts";
import { derivedNameOf } from "../own-objects.ts";
import { parseDerivedService, parseServiceImport } from "../parse-own.ts";
import type { DerivedService } from "../parse-own.ts";
import { derivedServiceManifest, importManifest } from "../render-import.ts";
import type { IpFamily, Manifest } from "../render-import.ts";
import type { Condition } from "../../observe/parse-service-export.ts";
import { headLine } from "./rendered-folder.ts";
import { yamlText } from "./yaml-text.ts";

/** What one file says beside its desired import. */
export interface ImportFile {
  /** Families of the derived Service; empty when there is none. */
  readonly families: readonly IpFamily[];
  /** One for each family in its order, or none at all. */
  readonly addresses: readonly string[];
  readonly slices: readonly Slice[];
  /** Of the ServiceImport. */
  readonly conditions: readonly Condition[];
}

/** Before anything was written. */
export const emptyImportFile: ImportFile = { families: [], addresses: [], slices: [], conditions: [] };

/** The text of the file. */
export function importFileText(desired: DesiredImport, file: ImportFile): string {
  const { namespace, name } = desired;
  const derivedName = derivedNameOf(namespace, name);
  const derived =
    file.families.length === 0
      ? []
      : [derivedServiceManifest(desired, derivedName, file.families, file.addresses)];
  const owner = sliceOwnerOf(desired, derivedName);
  const slices = file.slices
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((slice) => sliceManifest(owner, slice));
  const documents = [serviceImport(desired, file), ...derived, ...slices];
  return `${headLine("#")}\n${documents.map((each) => `---\n${yamlText(each)}`).join("")}`;
}

function serviceImport(desired: DesiredImport, { families, addresses, conditions }: ImportFile): object {
  const manifest = importManifest(
    desired,
    families.length === 0 ? undefined : derivedService(desired, families, addresses),
  );
  const { ips, ...spec } = manifest.spec;
  return {
    ...manifest,
    spec: addresses.length === 0 ? spec : { ...spec, ips },
    status: {
      clusters: desired.service.exporters.map(({ cluster }) => ({ cluster })),
      conditions,
      endpointSliceObjects: "Present",
    },
  } satisfies Manifest & { status: object };
}

function derivedService(
  { namespace, name }: DesiredImport,
  ipFamilies: readonly IpFamily[],
  clusterAddresses: readonly string[],
): DerivedService {
  return {
    namespace,
    name: derivedNameOf(namespace, name),
    uid: "",
    resourceVersion: "",
    labels: {},
    annotations: {},
    importName: name,
    spec: {},
    ipFamilies,
    clusterAddresses,
  };
}

/** What a file of ours says. Throws on one that does not read as what is written here. */
export function parseImportFile(text: string): ImportFile {
  const slices: Slice[] = [];
  let [families, addresses]: [readonly IpFamily[], readonly string[]] = [[], []];
  let conditions: readonly Condition[] = [];
  for (const document of parseAllDocuments(text)) {
    const [error] = "errors" in document ? document.errors : [];
    if (error !== undefined) throw error;
    if (!("contents" in document) || !isMap(document.contents)) continue;
    const value = document.toJS() as { kind?: unknown; metadata?: object };
    const object = { ...value, metadata: { ...value.metadata, resourceVersion: "1" } };
    if (value.kind === "ServiceImport") conditions = parseServiceImport(object).conditions;
    if (value.kind === "Service") {
      const derived = parseDerivedService(object);
      families = derived.ipFamilies.filter((family) => family === "IPv4" || family === "IPv6");
      addresses = derived.clusterAddresses;
    }
    if (value.kind === "EndpointSlice") slices.push(parseImportedSlice(object).slice);
  }
  return { families, addresses, slices, conditions };
}
