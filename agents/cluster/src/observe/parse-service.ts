// A Service at the door: its addresses, ports and policies.

import type { ExportPort } from "@sealane/core";
import {
  integer,
  list,
  oneOf,
  optionalRecord,
  optionalText,
  parseObject,
  record,
  texts,
} from "../kube/door.ts";
import type { Json, Parse } from "../kube/door.ts";
import { isOwned } from "../kube/ownership.ts";
import type { Stored } from "../kube/store.ts";
import { address } from "./addresses.ts";
import { parsePort } from "./parse-port.ts";

/** What we need of a Service. */
export interface Service extends Stored {
  readonly type: "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";
  /** `clusterIP: None`. */
  readonly headless: boolean;
  /** Canonical, in the Service's order; empty when headless. */
  readonly clusterAddresses: readonly string[];
  readonly ipFamilies: readonly string[];
  readonly ports: readonly ExportPort[];
  readonly sessionAffinity: "None" | "ClientIP";
  /** Seconds; 0 without affinity. */
  readonly sessionAffinityTimeoutSeconds: number;
  readonly internalTrafficPolicy: "Cluster" | "Local";
  /** Empty when not set. */
  readonly trafficDistribution: string;
  /** It is one that we made for an import. */
  readonly owned: boolean;
  readonly terminating: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

/** Parses a Service. @throws ObjectError */
export const parseService: Parse<Service> = (object) =>
  parseObject("Service", object, ({ spec, ...parts }) => {
    const clusterIps = texts(spec["clusterIPs"], "spec.clusterIPs").filter((each) => each !== "");
    const headless = clusterIps[0] === "None" || spec["clusterIP"] === "None";
    const affinity = oneOf(spec["sessionAffinity"], "spec.sessionAffinity", ["None", "ClientIP"], "None");
    return {
      namespace: parts.namespace,
      name: parts.name,
      uid: parts.uid,
      resourceVersion: parts.resourceVersion,
      type: oneOf(
        spec["type"],
        "spec.type",
        ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"],
        "ClusterIP",
      ),
      headless,
      clusterAddresses: headless
        ? []
        : clusterIps.map((each, index) => address(each, `spec.clusterIPs[${index}]`)),
      ipFamilies: texts(spec["ipFamilies"], "spec.ipFamilies"),
      ports: list(spec["ports"], "spec.ports").map((each, index) => {
        const where = `spec.ports[${index}]`;
        return parsePort(record(each, where), where);
      }),
      sessionAffinity: affinity,
      sessionAffinityTimeoutSeconds: affinity === "None" ? 0 : affinityTimeout(spec),
      internalTrafficPolicy: oneOf(
        spec["internalTrafficPolicy"],
        "spec.internalTrafficPolicy",
        ["Cluster", "Local"],
        "Cluster",
      ),
      trafficDistribution: optionalText(spec["trafficDistribution"], "spec.trafficDistribution"),
      owned: isOwned(parts) && parts.name.startsWith("sealane-"),
      terminating: parts.terminating,
      labels: parts.labels,
    };
  });

function affinityTimeout(spec: Json): number {
  const config = optionalRecord(spec["sessionAffinityConfig"], "spec.sessionAffinityConfig");
  const clientIp = optionalRecord(config["clientIP"], "spec.sessionAffinityConfig.clientIP");
  const seconds = clientIp["timeoutSeconds"];
  // The API server's default: three hours.
  return seconds === undefined
    ? 10_800
    : integer(seconds, "spec.sessionAffinityConfig.clientIP.timeoutSeconds");
}
