// Cluster b as its mesh-dns sees it: a real kube-apiserver that our own executor fills with imports, a real CoreDNS
// with the front Corefile as rendered, and a second one with the cluster's own. For tests; nothing is a model.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MergedService, ReachGroup, ReachPod, ReachPort } from "@sealane/core";
import { startApiServers } from "../../../../../test/bench/api-servers.ts";
import { debianPackages } from "../../../../../test/lab/cache/debian.ts";
import { apiServerForm } from "../../execute/testing/bench.ts";
import type { Running as Term } from "../../execute/testing/bench.ts";
import { mergedService } from "../../execute/testing/test-view.ts";
import { kubeconfigAccess } from "../../kube/auth.ts";
import { resources } from "../../kube/resource.ts";
import type { AnyObject, Fixtures } from "../../kube/testing/fixtures.ts";
import { frontCorefile } from "../front.ts";
import type { Namespace, Running } from "../real-coredns.ts";
import { corednsPath, eventually, openNamespace } from "../real-coredns.ts";
import { openApiServerDoor } from "./api-server-door.ts";
import { asker } from "./dig.ts";
import type { Ask } from "./dig.ts";

/** The mesh's zone, the cluster's own below it, and the namespace of everything that is imported. */
export const meshZone = "mesh.example";
export const ownZone = `b.${meshZone}`;
export const shop = "shop";

/** Where mesh-dns listens, and the cluster's own DNS. */
export const meshDns = "10.101.0.53";
const clusterDns = "10.112.0.10";

const importLabel = "multicluster.kubernetes.io/service-name";

/** Pods by the cluster that exports them. */
export type Reached = Readonly<Record<string, readonly ReachGroup[]>>;

/** The running site. */
export interface ImportingSite {
  readonly kube: Fixtures;
  /** Whether the API server knows the path. */
  isServed(path: string): Promise<boolean>;
  /** Lets every cluster of `reached` export the service, and waits until it is imported here. */
  publish(name: string, service: Partial<MergedService>, reached: Reached, namespace?: string): Promise<void>;
  /** Nobody exports it any more; gone here when this returns. */
  withdraw(name: string): Promise<void>;
  serviceImport(name: string): Promise<AnyObject>;
  slices(name: string): Promise<readonly AnyObject[]>;
  /** Starts mesh-dns's front; it has read everything for these zones, or for both, when this returns. */
  startFront(zones?: readonly string[]): Promise<Running>;
  /** Starts the cluster's own CoreDNS. */
  startClusterDns(corefile: string): Promise<Running>;
  /** Asks mesh-dns at port 53 or 1053, or the cluster's own DNS. */
  readonly front: Ask;
  readonly peersPort: Ask;
  readonly clusterDns: Ask;
  close(): Promise<void>;
}

/** Starts the API server and the executor; CoreDNS starts when it is told to. */
export async function startImportingSite(): Promise<ImportingSite> {
  const folder = await mkdtemp(join(tmpdir(), "sealane-names-"));
  const dig = join(await debianPackages(), "bin/dig");
  const servers = await startApiServers(["names"]);
  const [server] = servers.servers;
  if (server === undefined) throw new Error("No API server was started");
  const admin = await kubeconfigAccess(server.kubeconfig);
  const noOneElse = { restricted: async () => admin, grant: async () => {}, close: async () => {} };
  const form = await apiServerForm({ admin, ...noOneElse }, shop);
  await form.kube.create(resources.namespaces, "", shop);
  const running = await form.lead({});
  const [mesh, cluster] = await twoNamespaces();
  const port = Number(new URL(admin.server).port);
  const doors = [await openApiServerDoor(mesh, port, folder), await openApiServerDoor(cluster, port, folder)];
  const start = await corednsStarter(folder, server.kubeconfig);
  const front = asker(dig, cluster, { address: meshDns, port: 53 });
  return {
    kube: form.kube,
    isServed: (path) =>
      server.client.request("GET", path).then(
        () => true,
        () => false,
      ),
    ...imports(form.kube, running),
    front,
    peersPort: asker(dig, cluster, { address: meshDns, port: 1053 }),
    clusterDns: asker(dig, cluster, { address: clusterDns, port: 53 }),
    startFront: async (zones = ["clusterset.local", ownZone]) => {
      const rendered = frontCorefile({ zone: ownZone, meshZone });
      if ("problem" in rendered) throw new Error(rendered.problem);
      const started = await start(mesh, rendered.text);
      await listed(front, zones);
      return started;
    },
    startClusterDns: (corefile) => start(cluster, corefile),
    close: async () => {
      for (const door of doors) await door.close();
      for (const each of [mesh, cluster]) await each.close();
      running.term.abort();
      await form.close();
      await server.client.close();
      await servers.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** What tests do with imports: the executor writes them, nobody else. */
function imports(
  kube: Fixtures,
  { view, executor }: Term,
): Pick<ImportingSite, "publish" | "withdraw" | "serviceImport" | "slices"> {
  const find = (name: string, namespace = shop) => kube.get(resources.serviceImports, namespace, name);
  return {
    publish: async (name, service, reached, namespace = shop) => {
      const merged = mergedService({ ...service, exporters: [] });
      const ports = merged.ports.map((each) => each.name);
      const exporters = Object.keys(reached).map((exporter) => ({
        ...{ cluster: exporter, clusterAddresses: [], ports },
        endpoints: "pods" as const,
      }));
      view.merged.set(`${namespace}/${name}`, { ...merged, exporters });
      view.whole({ kind: "import", origin: "", namespace });
      for (const [exporter, groups] of Object.entries(reached)) {
        view.setReach(exporter, namespace, name, `${exporter}1`, { zone: "", groups });
        view.whole({ kind: "reach", origin: exporter, namespace });
      }
      executor.touch(namespace, name);
      await eventually(`${name} is imported`, 20_000, async () =>
        (await find(name, namespace)) !== undefined && executor.idle ? true : undefined,
      );
    },
    withdraw: async (name) => {
      view.merged.delete(`${shop}/${name}`);
      executor.touch(shop, name);
      await eventually(`${name} is gone`, 20_000, async () =>
        (await find(name)) === undefined && executor.idle ? true : undefined,
      );
    },
    serviceImport: async (name) => {
      const found = await find(name);
      if (found === undefined) throw new Error(`There is no ServiceImport "${name}"`);
      return found;
    },
    slices: async (name) => {
      const all = await kube.list(resources.endpointSlices, shop);
      return all.filter(({ metadata: { labels } }) => labels?.[importLabel] === name);
    },
  };
}

/** Starts CoreDNS in a namespace, from a Corefile whose `kubernetes` plugins get the API server's address. */
async function corednsStarter(folder: string, kubeconfig: string) {
  const coredns = await corednsPath();
  const zones = /^( *)(kubernetes .*\{)$/gm;
  return async (at: Namespace, corefile: string): Promise<Running> => {
    const file = join(folder, `${at.name}.corefile`);
    await writeFile(file, corefile.replaceAll(zones, `$1$2\n$1    kubeconfig ${kubeconfig}`));
    const running = at.start(coredns, ["-conf", file]);
    await eventually("CoreDNS serves", 20_000, () => {
      if (running.status() !== undefined) throw new Error(`CoreDNS ended:\n${running.output()}`);
      return running.output().includes("CoreDNS-1.15.0") ? true : undefined;
    });
    return running;
  };
}

/** Until it has listed everything it denies no name, and says that it failed instead. */
async function listed(front: Ask, zones: readonly string[]): Promise<void> {
  for (const zone of zones) {
    await eventually(`mesh-dns has read ${zone}`, 20_000, async () =>
      (await front(`nobody.${shop}.svc.${zone}`, "A")).status === "NXDOMAIN" ? true : undefined,
    );
  }
}

/** One for mesh-dns, one for the cluster's own DNS and who asks it, joined by a cable. */
async function twoNamespaces(): Promise<readonly [Namespace, Namespace]> {
  const mesh = await openNamespace(`sealane-names-${process.pid}-m`);
  const cluster = await openNamespace(`sealane-names-${process.pid}-c`);
  await mesh.ip("link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", cluster.name);
  for (const [at, address] of [
    [mesh, meshDns],
    [cluster, clusterDns],
  ] as const) {
    await at.ip("address", "add", `${address}/8`, "dev", "cable");
    await at.ip("link", "set", "cable", "up");
  }
  return [mesh, cluster];
}

/** A TCP or UDP port at which pods listen. */
export function port(name: string, number: number, protocol: "TCP" | "UDP" = "TCP"): ReachPort {
  return { name, protocol, port: number, appProtocol: "" };
}

/** A pod at these addresses. */
export function pod(addresses: readonly string[], more: Partial<ReachPod> = {}): ReachPod {
  const named = { hostname: "", pod: `pod-${addresses[0]}` };
  return { addresses, ready: true, serving: true, terminating: false, ...named, ...more };
}
