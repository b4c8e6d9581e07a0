// What the stories export. Text only.

import { shop } from "./story.ts";

/** A Deployment on exactly these nodes, one pod each, its Service and its ServiceExport. Readiness is a file in the pod. */
export function webManifest(name: string, nodes: readonly string[]): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: ${shop}
spec:
  replicas: ${nodes.length}
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      terminationGracePeriodSeconds: 0
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
              - matchExpressions:
                  - { key: kubernetes.io/hostname, operator: In, values: [${nodes.join(", ")}] }
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            - topologyKey: kubernetes.io/hostname
              labelSelector:
                matchLabels:
                  app: ${name}
      containers:
        - name: web
          image: sealane-lab/tools:1
          imagePullPolicy: IfNotPresent
          command: [respond]
          readinessProbe:
            httpGet:
              path: /ready
              port: 8080
            periodSeconds: 1
            failureThreshold: 1
---
${serviceManifest(name, `selector: { app: ${name} }`)}
---
${exportManifest(name)}`;
}

/** How a pod that is deleted drains: it says that it is not ready, answers for so long, and ends. */
const drainSeconds = 8;

/** Like `webManifest` with more pods, and they drain when they are deleted. */
export function drainingManifest(name: string, nodes: readonly string[], replicas: number): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: ${shop}
spec:
  replicas: ${replicas}
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      terminationGracePeriodSeconds: ${drainSeconds * 2}
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
              - matchExpressions:
                  - { key: kubernetes.io/hostname, operator: In, values: [${nodes.join(", ")}] }
      topologySpreadConstraints:
        - topologyKey: kubernetes.io/hostname
          maxSkew: 1
          whenUnsatisfiable: DoNotSchedule
          labelSelector:
            matchLabels:
              app: ${name}
      containers:
        - name: web
          image: sealane-lab/tools:1
          imagePullPolicy: IfNotPresent
          command: [respond]
          lifecycle:
            preStop:
              exec:
                command: [sh, -c, "rm /tmp/ready; sleep ${drainSeconds}"]
          readinessProbe:
            httpGet:
              path: /ready
              port: 8080
            periodSeconds: 1
            failureThreshold: 1
---
${serviceManifest(name, `selector: { app: ${name} }`)}
---
${exportManifest(name)}`;
}

/** A headless Service over a StatefulSet of one pod, so that the pod has a name of its own. */
export function databaseManifest(name: string): string {
  return `
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: ${name}
  namespace: ${shop}
spec:
  serviceName: ${name}
  replicas: 1
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: database
          image: sealane-lab/tools:1
          imagePullPolicy: IfNotPresent
          command: [respond]
---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: ${shop}
spec:
  clusterIP: None
  ipFamilyPolicy: PreferDualStack
  selector:
    app: ${name}
  ports:
    - { name: http, port: 8080, targetPort: 8080, protocol: TCP }
---
${exportManifest(name)}`;
}

/** A Service without a selector, exported; its EndpointSlices are the test's to write. */
export function manualManifest(name: string): string {
  return `${serviceManifest(name, "")}
---
${exportManifest(name)}`;
}

/** A hand-written slice of a Service without a selector. */
export function manualSlice(
  name: string,
  family: "IPv4" | "IPv6",
  endpoints: readonly { readonly address: string; readonly node: string; readonly ready: boolean }[],
): string {
  return JSON.stringify({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${name}-${family.toLowerCase()}`,
      namespace: shop,
      labels: { "kubernetes.io/service-name": name, "endpointslice.kubernetes.io/managed-by": "story" },
    },
    addressType: family,
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    endpoints: endpoints.map(({ address, node, ready }) => ({
      addresses: [address],
      nodeName: node,
      conditions: { ready, serving: ready, terminating: false },
    })),
  });
}

/** The export of a Service. */
function exportManifest(name: string): string {
  return `apiVersion: multicluster.x-k8s.io/v1beta1
kind: ServiceExport
metadata:
  name: ${name}
  namespace: ${shop}`;
}

function serviceManifest(name: string, selector: string): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: ${shop}
spec:
  ipFamilyPolicy: PreferDualStack
  ${selector}
  ports:
    - { name: http, port: 80, targetPort: 8080, protocol: TCP }`;
}
