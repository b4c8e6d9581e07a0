// Keeps one BIRD include for each node of the site as its speaker would write it, in one self-contained file. What is on
// disk counts as wanted before: nothing is withdrawn because it is not known yet.

import type { DesiredRoutes, Finding, ShardId, View } from "@sealane/core";
import { compareText, localiseRoutes, parseBird, renderBird } from "@sealane/core";
import { headLine } from "./rendered-folder.ts";
import type { RenderedFolder } from "./rendered-folder.ts";

/** What the files are made of. */
export interface RouteFilesOptions {
  readonly view: View;
  readonly clusterName: string;
  readonly folder: RenderedFolder;
}

/** How one node stands. */
export interface NodeRoutes {
  readonly node: string;
  readonly wish: DesiredRoutes;
  /** Its file says the wish. */
  readonly inPlace: boolean;
}

/** Files of routes by node. Its caller runs one node at a time once. */
export class RouteFiles {
  readonly #options: RouteFilesOptions;
  /** What our files say. */
  readonly held = new Map<string, DesiredRoutes>();
  /** Nodes whose file is as wanted. */
  readonly #written = new Set<string>();

  constructor(options: RouteFilesOptions) {
    this.#options = options;
  }

  /** Reads what an earlier run left. */
  async load(): Promise<void> {
    const { folder } = this.#options;
    for (const file of await folder.names("bird")) {
      const [, node] = /^(.*)\.conf$/.exec(file) ?? [];
      const text = node === undefined ? undefined : await folder.readOwn(`bird/${file}`);
      if (node !== undefined && text !== undefined) this.held.set(node, parseBird(text));
    }
  }

  /** Nodes that have a file or should have one. */
  nodes(): ReadonlySet<string> {
    const { view, clusterName } = this.#options;
    return new Set([...this.held.keys(), ...[...view.nodes(clusterName)].map(([node]) => node)]);
  }

  /** @throws ForeignObject, or the system's error */
  async write(node: string): Promise<void> {
    const { view, clusterName: cluster, folder } = this.#options;
    const before = this.held.get(node);
    const isNode = [...view.nodes(cluster)].some(([name]) => name === node);
    const nodes: ShardId = { kind: "node", origin: cluster, namespace: "" };
    this.#written.delete(node);
    if (!isNode && view.complete(nodes)) {
      await folder.remove(pathOf(node));
      this.held.delete(node);
      return;
    }
    const wish = localiseRoutes(view, { cluster, node, onLink: undefined }, before);
    this.held.set(node, wish);
    await folder.write(pathOf(node), routesText(wish));
    this.#written.add(node);
  }

  /** Each node's wish and whether its file is in place, sorted by node. */
  get standing(): readonly NodeRoutes[] {
    const all = [...this.held].map(([node, wish]) => ({ node, wish, inPlace: this.#written.has(node) }));
    return all.toSorted((a, b) => compareText(a.node, b.node));
  }

  /** Routes of all nodes, and those that are in place. */
  counts(): { readonly desired: number; readonly observed: number } {
    let desired = 0;
    let observed = 0;
    for (const { wish, inPlace } of this.standing) {
      const count = wish.install.length + wish.originate.length;
      desired += count;
      if (inPlace) observed += count;
    }
    return { desired, observed };
  }

  /** What is left out on any node, once each, with its reason. */
  get withheld(): readonly Finding[] {
    const found = new Map<string, Finding>();
    for (const { wish } of this.standing) {
      for (const { prefix, reason, message } of wish.withheld)
        found.set(`${prefix} ${message}`, { subject: prefix, reason, message });
    }
    return [...found.values()];
  }
}

/** A node's name is a DNS subdomain (RFC 1123), so it is a file's name. */
function pathOf(node: string): string {
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(node))
    throw new Error(`Cannot write the routes of node ${JSON.stringify(node)}: its name is no DNS name`);
  return `bird/${node}.conf`;
}

function routesText(wish: DesiredRoutes): string {
  const { functions, install, originate } = renderBird(wish);
  return [
    headLine("#"),
    "# Include it in bird.conf. Call sealane_announce() in the export filters of BGP sessions and sealane_install() in",
    "# those of the kernel protocols. Both say no to everything that is not named here.",
    "",
    functions,
    "",
    install,
    "",
    "# These prefixes are announced, and never put into the kernel: there they would swallow local delivery.",
    originate,
    "",
  ].join("\n");
}
