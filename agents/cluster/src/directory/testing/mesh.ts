// A real hub and sites that join it, in this process, over real sockets and certificates. For tests.

import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pino } from "pino";
import { parse } from "yaml";
import { invoke } from "../../../../../test/cli/invoke.ts";
import { startRealHub } from "../../../../../test/cli/real-hub.ts";
import { makeMetrics } from "../../metrics.ts";
import { parseOptions } from "../../options.ts";
import { runSite } from "../site.ts";

/** One site of the mesh. */
export interface TestSite {
  readonly folder: string;
  /** Replaces a manifest file. */
  readonly write: (name: string, text: string) => Promise<void>;
  /** Removes a manifest file. */
  readonly remove: (name: string) => Promise<void>;
  /** The text of a rendered file; empty when there is none. */
  readonly rendered: (path: string) => Promise<string>;
  /** The rendered status. */
  readonly status: () => Promise<Record<string, unknown>>;
  /** Lines of its log. */
  readonly log: readonly Record<string, unknown>[];
  readonly start: () => void;
  /** Ends it as a signal does; resolves when it has ended. */
  readonly stop: () => Promise<void>;
}

/** A hub with sites. */
export interface TestMesh {
  readonly hub: string;
  /** Runs the command line as the administrator. */
  readonly sealane: (...argv: string[]) => Promise<string>;
  /** A new site with these manifests and a token of its name, not started. */
  readonly site: (name: string, manifests: Readonly<Record<string, string>>) => Promise<TestSite>;
  readonly close: () => Promise<void>;
}

const clusterSet = `apiVersion: sealane.dev/v1alpha1
kind: ClusterSet
metadata: { name: main }
spec:
  meshZone: mesh.example
  pools: [{ kind: pod, prefix: 10.64.0.0/10 }]
`;

/** Starts the hub. */
export async function testMesh(): Promise<TestMesh> {
  const root = await mkdtemp(join(tmpdir(), "sealane-mesh-"));
  await mkdir(join(root, "documents"));
  await writeFile(join(root, "documents/set.yaml"), clusterSet);
  const { hub, adminConfig } = await startRealHub(root, join(root, "documents"));
  const sealane = async (...argv: string[]): Promise<string> => {
    const { stdout, stderr } = await invoke(argv, { config: adminConfig, at: Date.now() });
    if (stdout === "") throw new Error(`sealane ${argv.join(" ")}: ${stderr}`);
    return stdout;
  };
  const sites: TestSite[] = [];
  return {
    hub: hub.sessionAddress,
    sealane,
    site: async (name, manifests) => {
      const token = join(root, `${name}.token`);
      await writeFile(token, await sealane("token", "create", name));
      const made = await testSite(join(root, name), ["--hub", hub.sessionAddress, "--token-file", token]);
      for (const [file, text] of Object.entries(manifests)) await made.write(file, text);
      sites.push(made);
      return made;
    },
    close: async () => {
      for (const site of sites) await site.stop();
      await hub.close();
      // What was being rendered when a site was stopped may still come.
      await rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}

async function testSite(folder: string, flags: readonly string[]): Promise<TestSite> {
  const paths = {
    manifests: join(folder, "manifests"),
    output: join(folder, "rendered"),
    state: join(folder, "state"),
  };
  await mkdir(paths.manifests, { recursive: true });
  const log: Record<string, unknown>[] = [];
  const write = (line: string): void => void log.push(JSON.parse(line) as Record<string, unknown>);
  const metrics = `127.0.0.1:${await freePort()}`;
  const argv = [
    "--metrics-listen",
    metrics,
    "--directory",
    paths.manifests,
    "--output",
    paths.output,
    "--state",
    paths.state,
  ];
  let stop = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const rendered = async (path: string): Promise<string> =>
    readFile(join(paths.output, path), "utf8").catch(() => "");
  return {
    folder,
    log,
    rendered,
    status: async () => (parse(await rendered("status.yaml")) ?? {}) as Record<string, unknown>,
    write: async (name, text) => {
      const path = join(paths.manifests, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(`${path}.tmp`, text);
      await rename(`${path}.tmp`, path);
    },
    remove: (name) => rm(join(paths.manifests, name)),
    start: () => {
      stop = new AbortController();
      const options = parseOptions(["node", "main.ts", ...argv, ...flags], {});
      if (options.site === undefined) throw new Error("the flags describe no site");
      const site = {
        options: { ...options, site: options.site },
        metrics: makeMetrics(),
        log: pino({ level: "debug" }, { write }),
      };
      running = runSite(site, stop.signal);
    },
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}

/** A node with pods in 10.N.1.0/24, a namespace `shop`, service range 10.10N.0.0/16, and a mesh-dns. */
export function siteManifests(number: number, name: string): Record<string, string> {
  return {
    "nodes.yaml": `apiVersion: v1
kind: Node
metadata: { name: ${name}1 }
spec: { podCIDRs: [10.${number}.1.0/24, "fd00:${number}:1::/64"] }
status:
  addresses:
    - { type: InternalIP, address: 172.16.0.${number}1 }
    - { type: InternalIP, address: "fd16::${number}1" }
  conditions: [{ type: Ready, status: "True" }]
---
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: networking.k8s.io/v1
kind: ServiceCIDR
metadata: { name: kubernetes }
spec: { cidrs: [10.10${number}.0.0/16] }
`,
    "mesh-dns.yaml": serviceText({
      namespace: "sealane-system",
      name: "mesh-dns",
      address: `10.10${number}.0.53`,
      pods: [`10.${number}.1.53`],
      node: `${name}1`,
    }),
  };
}

/** A Service with its ready pods and, when told, its export. */
export function serviceText(of: {
  readonly namespace: string;
  readonly name: string;
  readonly address: string;
  readonly pods: readonly string[];
  readonly node: string;
  readonly export?: string;
}): string {
  const { namespace, name, address, pods, node } = of;
  const endpoints = pods.map(
    (pod) =>
      `  - { addresses: [${pod}], nodeName: ${node}, conditions: { ready: true, serving: true, terminating: false } }\n`,
  );
  const exported = `---
apiVersion: multicluster.x-k8s.io/v1beta1
kind: ServiceExport
metadata: { namespace: ${namespace}, name: ${name} }
`;
  return `apiVersion: v1
kind: Service
metadata: { namespace: ${namespace}, name: ${name} }
spec:
  clusterIP: ${address}
  clusterIPs: [${address}]
  ipFamilies: [IPv4]
  ports: [{ name: http, port: 80 }]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  namespace: ${namespace}
  name: ${name}-1
  labels: { kubernetes.io/service-name: ${name} }
addressType: IPv4
ports: [{ name: http, port: 8080 }]
endpoints:${endpoints.length === 0 ? " []" : `\n${endpoints.join("")}`}
${of.export === undefined ? "" : exported}`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
