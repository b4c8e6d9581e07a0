// What stays in a cluster that left, and why, each with how to take it away. Pure.

import type { Finding } from "@sealane/core";

/** What was seen to stay. */
export interface Remains {
  /** The agent's namespace. */
  readonly namespace: string;
  /** `namespace/name` of people's ServiceExports. */
  readonly exports: readonly string[];
  /** Nodes whose speakers did not say that they took their routes away. */
  readonly nodes: readonly string[];
  /** Things that could not be taken away. */
  readonly kept: readonly Finding[];
}

const namesMax = 10;

/** The list for the person, what is odd first. */
export function leftBehind({ namespace, exports, nodes, kept }: Remains): readonly Finding[] {
  const routes = nodes.map((node) =>
    remain(
      `Node ${node}`,
      `its speaker did not say that it took its routes away; when it runs, it still has them: empty ` +
        `/var/lib/sealane/bird/sealane.conf of routes there and run "birdc configure"`,
    ),
  );
  const own =
    exports.length === 0
      ? []
      : [remain("ServiceExports", `people's own, without our conditions: ${nameList(exports)}`)];
  return [
    ...kept,
    ...routes,
    ...own,
    remain(
      "CustomResourceDefinitions serviceexports, serviceimports (multicluster.x-k8s.io), clusterproperties (about.k8s.io)",
      "others may use them, and deleting one deletes every object of its kind, people's ServiceExports too. Where nobody " +
        "does: kubectl delete -k deploy/crds",
    ),
    remain(
      `Namespace ${namespace} and what deploy/manifests has`,
      "agent, speakers and mesh-dns idle; the Secrets sealane-join (yours) and sealane-agent (it says that the cluster left) " +
        "go with the namespace: kubectl delete -k deploy/manifests",
    ),
    remain(
      "BIRD on the nodes",
      "its main file is yours and includes /var/lib/sealane/bird/sealane.conf, which has no routes any more: take the include " +
        "and the two calls out, then remove /var/lib/sealane and /run/sealane",
    ),
  ];
}

function remain(subject: string, message: string): Finding {
  return { subject, reason: "LeftBehind", message };
}

function nameList(names: readonly string[]): string {
  const shown = names.slice(0, namesMax).join(", ");
  return names.length > namesMax ? `${shown} and ${names.length - namesMax} more` : shown;
}
