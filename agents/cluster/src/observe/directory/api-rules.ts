// What an API server would have refused in an object, as far as facts are made of it: a directory has none that did.
// Refuses with the error that the parse functions have. What they refuse already is not looked at again.

import {
  affinityTimeoutFault,
  isSubdomain,
  isLabel,
  isLabelKey,
  isLabelValue,
  portFault,
  servicePortsFault,
} from "@sealane/core";
import type { FieldFault } from "@sealane/core";
import { ObjectError, list, optionalText, parseObject, record } from "../../kube/door.ts";
import type { ObjectParts } from "../../kube/door.ts";
import { resources } from "../../kube/resource.ts";
import type { Resource } from "../../kube/resource.ts";
import { parsePort } from "../parse-port.ts";
import { parseService } from "../parse-service.ts";

type Rule = (parts: ObjectParts) => void;

/** Kinds whose names are one label; all others' are DNS subdomains. */
const namedByLabel: readonly Resource[] = [resources.namespaces, resources.services];

const rules: ReadonlyMap<Resource, Rule> = new Map<Resource, Rule>([
  [resources.services, checkService],
  [resources.endpointSlices, checkEndpointSlice],
]);

/** Checks an object that its kind's parse function takes. @throws ObjectError */
export function checkAsApiServer(resource: Resource, object: unknown): void {
  parseObject(resource.kind, object, (parts) => {
    checkMetadata(resource, parts);
    rules.get(resource)?.(parts);
    return parts;
  });
}

function checkMetadata(resource: Resource, { namespace, name, labels }: ObjectParts): void {
  if (namedByLabel.includes(resource)) must(isLabel(name), "metadata.name", aLabel, name);
  else must(isSubdomain(name), "metadata.name", aSubdomain, name);
  if (resource.namespaced && namespace !== "")
    must(isLabel(namespace), "metadata.namespace", aLabel, namespace);
  for (const [key, value] of Object.entries(labels)) {
    const where = `metadata.labels[${JSON.stringify(key)}]`;
    must(isLabelKey(key) && isLabelValue(value), where, "a label as objects can have it", value);
  }
}

function checkService({ root }: ObjectParts): void {
  const { ports, sessionAffinity, sessionAffinityTimeoutSeconds: seconds } = parseService(root);
  refuse(servicePortsFault(ports, "spec.ports"));
  if (sessionAffinity === "None") return;
  refuse(affinityTimeoutFault(seconds, "spec.sessionAffinityConfig.clientIP.timeoutSeconds"));
}

function checkEndpointSlice({ root }: ObjectParts): void {
  const names = new Set<string>();
  for (const [index, each] of list(root["ports"], "ports").entries()) {
    const where = `ports[${index}]`;
    const port = record(each, where);
    if (port["port"] === undefined || port["port"] === null) continue;
    const parsed = parsePort(port, where);
    refuse(portFault(parsed, where));
    must(!names.has(parsed.name), `${where}.name`, "no other port's", parsed.name);
    names.add(parsed.name);
  }
  if (root["addressType"] === "FQDN") return;
  for (const [index, each] of list(root["endpoints"], "endpoints").entries()) {
    const at = `endpoints[${index}]`;
    const endpoint = record(each, at);
    const check = (field: string, isValid: (text: string) => boolean, what: string): void => {
      const given = optionalText(endpoint[field], `${at}.${field}`);
      must(given === "" || isValid(given), `${at}.${field}`, what, given);
    };
    check("hostname", isLabel, aLabel);
    check("nodeName", isSubdomain, aSubdomain);
    check("zone", isLabelValue, "a label's value");
  }
}

const aLabel = "1 to 63 lower-case letters, digits and inner hyphens";
const aSubdomain = "lower-case letters, digits, inner hyphens and dots, 253 characters at most";

function must(holds: boolean, where: string, what: string, is: string): void {
  if (!holds)
    throw new ObjectError(`${where} must be ${what}, not ${JSON.stringify(is).slice(0, 80)}`, { where });
}

function refuse(fault: FieldFault | undefined): void {
  if (fault !== undefined) throw new ObjectError(fault.message, { where: fault.where });
}
