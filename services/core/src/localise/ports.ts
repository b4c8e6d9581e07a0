// Ports of a derived Service and of its slices. kube-proxy joins the two by port name, and a Service of several
// ports must name each, so a port without a name gets one here, the same in both places.

import type { ExportPort } from "../facts.ts";
import type { MergedService } from "../published.ts";

/** Ports of the derived Service: the merged ones, every one with a name when there are several. */
export function derivedPorts(service: MergedService): readonly ExportPort[] {
  return service.ports.map((port) => ({ ...port, name: derivedPortName(service, port.name) }));
}

/** The name under which a merged port is known in the derived Service and its slices. */
export function derivedPortName(service: MergedService, name: string): string {
  const unnamed = name === "" && service.ports.length > 1;
  const port = unnamed ? service.ports.find((it) => it.name === "") : undefined;
  return port === undefined ? name : `port-${port.port}-${port.protocol.toLowerCase()}`;
}
