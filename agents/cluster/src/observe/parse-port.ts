// A port at the door, of a Service or of an EndpointSlice.

import type { ExportPort } from "@sealane/core";
import { integer, oneOf, optionalText } from "../kube/door.ts";
import type { Json } from "../kube/door.ts";

/** One port as it stands. @throws ObjectError */
export function parsePort(port: Json, where: string): ExportPort {
  return {
    name: optionalText(port["name"], `${where}.name`),
    protocol: oneOf(port["protocol"], `${where}.protocol`, ["TCP", "UDP", "SCTP"], "TCP"),
    port: integer(port["port"], `${where}.port`),
    appProtocol: optionalText(port["appProtocol"], `${where}.appProtocol`),
  };
}
