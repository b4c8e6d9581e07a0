// What speakers know the listener by: the ConfigMap `sealane-agent-ca` that their pods mount. It works where a node has
// neither names nor Services: the CA, the cluster's name, and the addresses of the leader's own node.

import type { KubeClient } from "../kube/client.ts";
import type { Term } from "../kube/lease.ts";
import { ownedAnnotations, ownedLabels } from "../kube/ownership.ts";
import { configMapAccess } from "../dns/config-maps.ts";
import { TermOver } from "../execute/own-kind.ts";

const name = "sealane-agent-ca";

/** What the ConfigMap says. */
export interface ListenerContent {
  /** The agent's. */
  readonly namespace: string;
  /** CA of the listener's certificate, PEM. */
  readonly authority: string;
  readonly cluster: string;
  /** `host:port` of the listener, IPv4 first; empty while unknown, which leaves what is there. */
  readonly addresses: readonly string[];
}

/** Makes the ConfigMap say this. Writes nothing where it does. @throws TermOver, KubeError, Error on a conflict */
export async function writeListenerConfigMap(
  client: KubeClient,
  term: Term,
  { namespace, authority, cluster, addresses }: ListenerContent,
): Promise<void> {
  const access = configMapAccess(client);
  const found = await access.readConfigMap({ namespace, name });
  const data = {
    "ca.crt": authority,
    cluster,
    ...(addresses.length > 0 && { addresses: addresses.map((each) => `${each}\n`).join("") }),
  };
  if (Object.entries(data).every(([key, text]) => found?.data[key] === text)) return;
  if (!term.isCurrent())
    throw new TermOver(`ConfigMap ${name} was not written: this agent does not lead any more`);
  const outcome = await access.writeConfigMap({
    ...{ namespace, name, data, labels: ownedLabels, annotations: ownedAnnotations },
    resourceVersion: found?.resourceVersion,
  });
  if (outcome === "conflict")
    throw new Error(`ConfigMap ${name} was changed by somebody else meanwhile; it is tried again`);
}
