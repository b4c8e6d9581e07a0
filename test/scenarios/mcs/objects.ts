// What the behaviours of the Multi-Cluster Services API are shown on: Services of one shape, their exports, and servers
// that say who they are over TCP and UDP. Values only.

import { apiVersion, objectPath, resources } from "../../../agents/cluster/src/kube/resource.ts";
import type { Resource } from "../../../agents/cluster/src/kube/resource.ts";

const apps = { group: "apps", version: "v1", namespaced: true };

const kinds = {
  Namespace: resources.namespaces,
  Service: resources.services,
  ServiceExport: resources.serviceExports,
  ServiceImport: resources.serviceImports,
  Deployment: { ...apps, kind: "Deployment", plural: "deployments" },
  StatefulSet: { ...apps, kind: "StatefulSet", plural: "statefulsets" },
} as const satisfies Record<string, Resource>;

/** A kind that the stories read or write. */
export type Kind = keyof typeof kinds;

/** The path of one object. */
export function pathOf(kind: Kind, namespace: string, name: string): string {
  return objectPath(kinds[kind], namespace, name);
}

/** An object to apply. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: Kind;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: object;
}

/** A port of a Service; its pods listen at 42 unless `targetPort` says otherwise. */
export interface Port {
  readonly name: string;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly port: number;
  readonly targetPort?: number;
  readonly appProtocol?: string;
}

/** The two ports of every Service that says nothing else: one number, two protocols. */
export const tcp: Port = { name: "tcp", protocol: "TCP", port: 42 };
export const udp: Port = { name: "udp", protocol: "UDP", port: 42 };

/** Label of the pods that stand behind every Service that says nothing else. */
const app = { app: "server" };

/** A namespace. */
export function namespaceManifest(name: string): Manifest {
  return { apiVersion: apiVersion(kinds.Namespace), kind: "Namespace", metadata: { name } };
}

/** A dual-stack Service with both ports. Its own label and annotation must never travel. */
export function service(namespace: string, name: string, spec: object = {}): Manifest {
  return {
    apiVersion: apiVersion(kinds.Service),
    kind: "Service",
    metadata: { namespace, name, labels: { own: "service" }, annotations: { own: "service" } },
    spec: { selector: app, ports: [tcp, udp], ipFamilyPolicy: "PreferDualStack", ...spec },
  };
}

/** The same without an address of its own. */
export function headlessService(namespace: string, name: string, spec: object = {}): Manifest {
  return service(namespace, name, { clusterIP: "None", ...spec });
}

/** The export of a Service. Its own label and annotation must never travel either. */
export function exportOf(namespace: string, name: string, spec: object = {}): Manifest {
  return {
    apiVersion: apiVersion(kinds.ServiceExport),
    kind: "ServiceExport",
    metadata: { namespace, name, labels: { own: "export" }, annotations: { own: "export" } },
    spec,
  };
}

/** A Service and its export. */
export function exported(namespace: string, name: string, spec: object = {}): readonly Manifest[] {
  return [service(namespace, name, spec), exportOf(namespace, name)];
}

/** A Deployment of servers, each of which says its pod's name over TCP and UDP at port 42. */
export function servers(namespace: string, name: string, replicas: number): Manifest {
  return {
    apiVersion: apiVersion(kinds.Deployment),
    kind: "Deployment",
    metadata: { namespace, name },
    spec: { replicas, selector: { matchLabels: app }, template: serverTemplate(app) },
  };
}

/** The same as a StatefulSet behind the Service of its name, so that each pod has a name of its own. */
export function namedServers(namespace: string, name: string, replicas: number): Manifest {
  const labels = { app: name };
  return {
    apiVersion: apiVersion(kinds.StatefulSet),
    kind: "StatefulSet",
    metadata: { namespace, name },
    spec: {
      serviceName: name,
      podManagementPolicy: "Parallel",
      replicas,
      selector: { matchLabels: labels },
      template: serverTemplate(labels),
    },
  };
}

function serverTemplate(labels: Readonly<Record<string, string>>): object {
  const container = { image: "sealane-lab/tools:1", imagePullPolicy: "IfNotPresent" };
  const readinessProbe = { httpGet: { path: "/ready", port: 42 }, periodSeconds: 1 };
  return {
    metadata: { labels },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [
        { name: "tcp", ...container, command: ["respond", "-listen", ":42"], readinessProbe },
        {
          name: "udp",
          ...container,
          command: ["socat", "UDP6-RECVFROM:42,ipv6only=0,fork", "EXEC:hostname"],
        },
      ],
    },
  };
}
