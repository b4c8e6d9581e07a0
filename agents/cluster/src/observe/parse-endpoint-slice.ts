// An EndpointSlice (discovery.k8s.io/v1) at the door. Absent conditions mean what the API says they mean:
// ready unless told otherwise, serving as ready, not terminating.

import type { ReachPort } from "@sealane/core";
import { isPortNumber } from "@sealane/core";
import {
  list,
  oneOf,
  optionalBoolean,
  optionalRecord,
  optionalText,
  parseObject,
  record,
} from "../kube/door.ts";
import type { Parse } from "../kube/door.ts";
import type { Stored } from "../kube/store.ts";
import { address } from "./addresses.ts";
import { parsePort } from "./parse-port.ts";

/** One endpoint of a slice. */
export interface SliceEndpoint {
  /** The first address: the API calls them equivalent, and kube-proxy uses the first. */
  readonly address: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** Empty when none. */
  readonly hostname: string;
  /** Empty when none. */
  readonly node: string;
  /** Empty when unknown. */
  readonly zone: string;
  /** Name of the pod, or empty. */
  readonly pod: string;
  /** What two families' endpoints of one pod share: its UID, else its name, else the address. */
  readonly identity: string;
}

/** What we need of an EndpointSlice. */
export interface EndpointSlice extends Stored {
  /** The Service that it belongs to; empty when none. */
  readonly serviceName: string;
  readonly addressType: "IPv4" | "IPv6" | "FQDN";
  /** Ports without a number are left out, and those with one that no port has, which API servers let pass. */
  readonly ports: readonly ReachPort[];
  /** Empty for slices of names. */
  readonly endpoints: readonly SliceEndpoint[];
}

/** Label that names the Service of a slice. */
export const serviceNameLabel = "kubernetes.io/service-name";

/** Parses an EndpointSlice. @throws ObjectError */
export const parseEndpointSlice: Parse<EndpointSlice> = (object) =>
  parseObject("EndpointSlice", object, ({ root, labels, ...parts }) => {
    const addressType = oneOf(root["addressType"], "addressType", ["IPv4", "IPv6", "FQDN"], "IPv4");
    const endpoints = addressType === "FQDN" ? [] : list(root["endpoints"], "endpoints");
    return {
      namespace: parts.namespace,
      name: parts.name,
      uid: parts.uid,
      resourceVersion: parts.resourceVersion,
      serviceName: labels[serviceNameLabel] ?? "",
      addressType,
      ports: parsePorts(root["ports"]),
      endpoints: endpoints.map((each, index) => parseEndpoint(each, `endpoints[${index}]`)),
    };
  });

function parsePorts(value: unknown): ReachPort[] {
  const ports: ReachPort[] = [];
  for (const [index, each] of list(value, "ports").entries()) {
    const where = `ports[${index}]`;
    const port = record(each, where);
    if (port["port"] === undefined || port["port"] === null) continue;
    const parsed = parsePort(port, where);
    if (isPortNumber(parsed.port)) ports.push(parsed);
  }
  return ports;
}

function parseEndpoint(value: unknown, where: string): SliceEndpoint {
  const endpoint = record(value, where);
  const conditions = optionalRecord(endpoint["conditions"], `${where}.conditions`);
  const target = optionalRecord(endpoint["targetRef"], `${where}.targetRef`);
  const ready = optionalBoolean(conditions["ready"], `${where}.conditions.ready`, true);
  const first = address(list(endpoint["addresses"], `${where}.addresses`)[0], `${where}.addresses[0]`);
  const pod = target["kind"] === "Pod" ? optionalText(target["name"], `${where}.targetRef.name`) : "";
  return {
    address: first,
    ready,
    serving: optionalBoolean(conditions["serving"], `${where}.conditions.serving`, ready),
    terminating: optionalBoolean(conditions["terminating"], `${where}.conditions.terminating`, false),
    hostname: optionalText(endpoint["hostname"], `${where}.hostname`),
    node: optionalText(endpoint["nodeName"], `${where}.nodeName`),
    zone: optionalText(endpoint["zone"], `${where}.zone`),
    pod,
    identity: optionalText(target["uid"], `${where}.targetRef.uid`) || pod || first,
  };
}
