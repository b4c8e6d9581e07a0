// Which nodes have said that they have no route of ours any more. Only what a speaker says after it was told to take
// its routes away counts.

import type { Report } from "@sealane/wire";

/** Follows the speakers' reports while the cluster leaves. */
export class RoutesGone {
  readonly #gone = new Set<string>();

  /** A report of a node. */
  heard({ node, counts }: Report): void {
    const routes = counts.find(({ kind }) => kind === "routes");
    if (routes === undefined) return;
    if (routes.desired === 0 && routes.observed === 0) this.#gone.add(node);
    else this.#gone.delete(node);
  }

  /** Those of the nodes that have not said so, sorted. */
  missing(nodes: Iterable<string>): readonly string[] {
    return [...new Set(nodes)].filter((node) => !this.#gone.has(node)).toSorted();
  }
}
