// What an API server refuses in a Service, as far as imports are made of it. Where none was asked (a manifest, an agent
// that is broken), such a Service must not keep the imports of others from being written.

import type { ExportFact, ExportPort } from "./facts.ts";
import { isLabel } from "./names.ts";
import { isLabelKey } from "./object-metadata.ts";

const portMax = 65_535;
const affinitySecondsMax = 86_400;

/** A field that an API server refuses. */
export interface FieldFault {
  /** `ports[0].port`. */
  readonly where: string;
  /** A sentence without its end: the field, what it must be, what it is. */
  readonly message: string;
}

/** Whether a port can have the number. */
export function isPortNumber(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= portMax;
}

/** What is wrong with a port, of a Service or of a slice, whatever the others are; undefined when nothing is. */
export function portFault({ name, port, appProtocol }: ExportPort, where: string): FieldFault | undefined {
  if (name !== "" && !isLabel(name)) {
    return fault(`${where}.name`, "1 to 63 lower-case letters, digits and inner hyphens", name);
  }
  if (!isPortNumber(port)) return fault(`${where}.port`, `from 1 to ${portMax}`, port);
  if (appProtocol === "" || isLabelKey(appProtocol)) return undefined;
  return fault(`${where}.appProtocol`, "a name, or a DNS subdomain, a slash and a name", appProtocol);
}

/** The first fault of a Service's ports; undefined when there is none. */
export function servicePortsFault(ports: readonly ExportPort[], where: string): FieldFault | undefined {
  const names = new Set<string>();
  const numbers = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const at = `${where}[${index}]`;
    const number = `${port.protocol}/${port.port}`;
    const alone = portFault(port, at);
    if (alone !== undefined) return alone;
    if (port.name === "" && ports.length > 1) {
      return { where: at, message: `${at} must have a name, as there are several ports` };
    }
    if (names.has(port.name)) return fault(`${at}.name`, "no other port's", port.name);
    if (numbers.has(number)) return fault(`${at}.port`, "no other port's of its protocol", port.port);
    names.add(port.name);
    numbers.add(number);
  }
  return undefined;
}

/** What is wrong with an affinity's time-out in seconds; undefined when nothing is. */
export function affinityTimeoutFault(seconds: number, where: string): FieldFault | undefined {
  const fits = Number.isInteger(seconds) && seconds >= 1 && seconds <= affinitySecondsMax;
  return fits ? undefined : fault(where, `from 1 to ${affinitySecondsMax} seconds`, seconds);
}

/** The first field of an export that no API server takes in a Service; undefined when there is none. */
export function exportFault(fact: ExportFact): FieldFault | undefined {
  const { ports, sessionAffinity, sessionAffinityTimeoutSeconds: seconds } = fact;
  const inPorts = servicePortsFault(ports, "ports");
  if (inPorts !== undefined || sessionAffinity === "None") return inPorts;
  if (sessionAffinity === "ClientIP") return affinityTimeoutFault(seconds, "sessionAffinityTimeoutSeconds");
  return fault("sessionAffinity", "None or ClientIP", sessionAffinity);
}

function fault(where: string, must: string, is: string | number): FieldFault {
  return { where, message: `${where} must be ${must}, not ${JSON.stringify(is).slice(0, 80)}` };
}
