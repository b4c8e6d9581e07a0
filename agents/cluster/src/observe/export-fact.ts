// Whether a ServiceExport offers its Service, and what it offers. Pure.

import type { ExportFact, ExportedEndpoints, Refusal } from "@sealane/core";
import { no } from "@sealane/core";
import { exportedTexts, leftOutRemark } from "./exported-texts.ts";
import { endpointsAnnotation } from "./parse-service-export.ts";
import type { ServiceExport } from "./parse-service-export.ts";
import type { Service } from "./parse-service.ts";

/** What this cluster says of an export: refused, or valid with what its owner should know, empty when nothing. */
export type ExportVerdict = Refusal | { readonly yes: true; readonly remark: string };

/** Whether the Service can be exported; decided here, without the hub. `more` is what else its owner should know. */
export function exportVerdict(
  serviceExport: ServiceExport,
  service: Service | undefined,
  more: readonly string[] = [],
): ExportVerdict {
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
  const remarks = [endpointsOf(serviceExport, service).remark, leftOutRemark(serviceExport), ...more];
  return { yes: true, remark: remarks.filter((remark) => remark !== "").join(" ") };
}

/** What other clusters import, and why it is not what the annotation says; empty when it is. */
function endpointsOf(
  { endpoints: given }: ServiceExport,
  { headless }: Service,
): { readonly endpoints: ExportedEndpoints; readonly remark: string } {
  if (given === "" || given === "pods") return { endpoints: "pods", remark: "" };
  const said = `Exported as pods: annotation ${endpointsAnnotation} says ${JSON.stringify(given)}`;
  if (given !== "vip") return { endpoints: "pods", remark: `${said}; write "vip" or "pods", or remove it.` };
  if (!headless) return { endpoints: "vip", remark: "" };
  const remark = `${said}, but a headless Service has no address of its own; remove it, or give the Service an address.`;
  return { endpoints: "pods", remark };
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
    ...exportedTexts(serviceExport),
    endpoints: endpointsOf(serviceExport, service).endpoints,
  };
}
