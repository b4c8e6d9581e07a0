// Ports of a derived Service and of its slices. kube-proxy joins the two by port name, and a Service of several
// ports must name each; who reads a ServiceImport joins it with the slices by the name that it has there (KEP-1645).

import type { ExportPort } from "../facts.ts";
import type { MergedService } from "../published.ts";
import { madePortName } from "../unite-ports.ts";

/**
 * Ports of the derived Service: the merged ones, every one with a name. One without gets its name even where it is the
 * only port, so that it need not be renamed, and its traffic not be touched, when another cluster adds a port.
 */
export function derivedPorts(service: MergedService): readonly ExportPort[] {
  return service.ports.map((port) => ({ ...port, name: derivedPortName(service, port) }));
}

/**
 * A port of a slice under every name by which it is looked for: the merged one, and the derived Service's where that is
 * another. Headless services have no derived Service.
 */
export function slicePorts<Port extends { readonly name: string }>(
  service: MergedService,
  port: Port,
): readonly Port[] {
  if (port.name !== "" || service.type === "Headless") return [port];
  const merged = service.ports.find((it) => it.name === "");
  if (merged === undefined) return [port];
  return [port, { ...port, name: derivedPortName(service, merged) }];
}

/** The name of a merged port in the derived Service: its own, or one made of its number that no other port has. */
function derivedPortName(service: MergedService, port: ExportPort): string {
  return port.name === "" ? madePortName(port, new Set(service.ports.map(({ name }) => name))) : port.name;
}
