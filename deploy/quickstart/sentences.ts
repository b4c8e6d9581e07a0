// What each step reached, in words: one line for each thing that a person may want to check. Pure.

import { describeRange } from "../../services/cli/src/views/range.ts";
import type { Picture } from "./picture.ts";
import type { Unready } from "./turn-unready.ts";

/** The lines of each step. */
export const sentences = {
  hub: (address: string) => [`listens at ${address}, with a certificate authority of its own (mTLS)`],
  joined: (clusters: readonly string[]) => [
    `${clusters.join(", ")}: each agent has a certificate of its own, bought with a single-use token`,
  ],
  ranges,
  exports,
  imports: ({ rendered }: Picture) =>
    [...rendered].flatMap(([cluster, { imports }]) =>
      imports.length === 0 ? [] : [`${cluster} imports ${imports.join(", ")}`],
    ),
  routes,
  names: ({ rendered }: Picture) =>
    [...rendered].flatMap(([cluster, { zones }]) =>
      zones.size === 0 ? [] : [`${cluster} forwards ${[...zones.keys()].join(", ")}`],
    ),
  newcomer,
  converged: ({ rendered }: Picture, tookMs: number) => [
    `everything on ${rendered.size} clusters is as the hub wants it, ${formatSeconds(tookMs)} after the start`,
  ],
  unready,
} as const;

/** Why no pod can show a next hop going. */
export const noLonePod =
  "no exported Service has ready pods on several nodes, one of them alone on its node with its readiness written out";

/** `3.2 s`. */
export function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function ranges({ ranges: all }: Picture): readonly string[] {
  const quarantined = all.filter(({ state }) => state === "quarantined");
  const admitted = all.length - quarantined.length;
  const none = quarantined.length === 0 ? ", none overlaps" : "";
  return [`${admitted} admitted${none}`, ...quarantined.map((it) => `${it.cluster}: ${describeRange(it)}`)];
}

function exports({ services }: Picture): readonly string[] {
  return services.map((service) => {
    const from = service.exporters.map(({ cluster }) => cluster).join(", ") || "nobody";
    const refused = service.exports.filter(({ accepted }) => !accepted);
    const but = refused.map(({ cluster, reason }) => `; ${cluster} refused (${reason})`).join("");
    return `${service.namespace}/${service.name} from ${from}, ${service.pods.ready} of ${service.pods.total} pods ready${but}`;
  });
}

function routes({ rendered }: Picture): readonly string[] {
  const counted = [...rendered.values()].flatMap(({ nodes }) =>
    [...nodes].map(([node, of]) => {
      const hops = [...of.values()].reduce((sum, { length }) => sum + length, 0);
      return { node, text: `${of.size} routes with ${hops} next hops` };
    }),
  );
  const alike = Map.groupBy(counted, ({ text }) => text);
  return [...alike].map(([text, of]) => `${of.map(({ node }) => node).join(", ")}: ${text}`);
}

function newcomer({ ranges: all }: Picture, clusters: readonly string[]): readonly string[] {
  const own = all.filter(({ cluster }) => clusters.includes(cluster));
  const quarantined = own.filter(({ state }) => state === "quarantined");
  const admitted = `${clusters.join(", ")} joined, ${own.length - quarantined.length} of ${own.length} ranges admitted`;
  return [admitted, ...quarantined.map((range) => `quarantined: ${describeRange(range)}`)];
}

function unready(it: Unready | undefined, short: (path: string) => string): readonly string[] {
  if (it === undefined) return [`nothing to show: ${noLonePod}`];
  const { pod, prefixes, nodes, tookMs } = it;
  const files = [...new Set(pod.endpoints.map(({ file }) => short(file)))].join(", ");
  return [
    `pod ${pod.pod} of ${pod.service} on node ${pod.node} turned unready (ready: false in ${files})`,
    `next hops ${pod.hops.join(", ")} of ${prefixes.join(", ")} gone from ${nodes.join(", ")} ${tookMs.toFixed(0)} ms later`,
  ];
}
