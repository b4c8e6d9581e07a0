// Whether a ServiceExport offers its Service, and what it offers. Pure.

import type { ExportFact, Verdict } from "@sealane/core";
import { no, yes } from "@sealane/core";
import type { ServiceExport } from "./parse-service-export.ts";
import type { Service } from "./parse-service.ts";

/** Whether the Service can be exported; decided here, without the hub. */
export function exportVerdict(serviceExport: ServiceExport, service: Service | undefined): Verdict {
  const name = `${serviceExport.namespace}/${serviceExport.name}`;
  if (service === undefined || service.terminating) {
    const how = service === undefined ? "does not exist" : "is being deleted";
    return no("NoService", `Service "${name}" ${how}. Create it, or delete the ServiceExport.`);
  }
  if (service.type === "ExternalName") {
    return no(
      "InvalidServiceType",
      `Service "${name}" is of type ExternalName, which has no address to export. Export a Service with a selector instead.`,
    );
  }
  if (service.owned) {
    return no(
      "InvalidServiceType",
      `Service "${name}" stands for an imported service. Export the service in its own cluster instead.`,
    );
  }
  return yes;
}

/** The fact of a valid export. */
export function exportFact(serviceExport: ServiceExport, service: Service): ExportFact {
  return {
    uid: serviceExport.uid,
    createdAt: serviceExport.createdAt,
    type: service.headless ? "Headless" : "ClusterSetIP",
    clusterAddresses: service.clusterAddresses,
    ipFamilies: service.ipFamilies,
    ports: service.ports,
    sessionAffinity: service.sessionAffinity,
    sessionAffinityTimeoutSeconds: service.sessionAffinityTimeoutSeconds,
    internalTrafficPolicy: service.internalTrafficPolicy,
    trafficDistribution: service.trafficDistribution,
    labels: serviceExport.exportedLabels,
    annotations: serviceExport.exportedAnnotations,
  };
}
