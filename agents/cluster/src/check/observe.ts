// One look at everything that a cluster's checks judge: the dumb half. It asks the API server and changes nothing
// there; what cannot be read is said to be unknown.

import { parseCorefile } from "../dns/corefile.ts";
import { configMapAccess, corefileKey } from "../dns/config-maps.ts";
import type { NamesReport } from "../dns/publish.ts";
import { readMeshDnsAddresses } from "../dns/surroundings.ts";
import type { KubeClient } from "../kube/client.ts";
import { list, optionalBoolean, record, text } from "../kube/door.ts";
import { hasStatus, messageOf } from "../kube/error.ts";
import { expiryUnixMs, renewalUnixMs } from "../link/keys.ts";
import { agentSecretName } from "../link/membership.ts";
import { readSecret } from "../link/secrets.ts";
import type { ClusterCheckState, ReviewedRight, Seen } from "./cluster.ts";
import type { ApiGroup } from "./judge-definitions.ts";
import { definitionVersions } from "./judge-definitions.ts";
import type { CertificateLife, HubState } from "./judge-hub.ts";
import type { CorefileState } from "./judge-stub.ts";
import type { Right } from "./rights.ts";
import { agentRights } from "./rights.ts";

/** What is known without asking the API server. */
export interface ClusterContext {
  readonly names: NamesReport | undefined;
  readonly hub: readonly HubState[];
  readonly clockOffsetSeconds: number | undefined;
  /** What was last found of the agent's rights, where it still counts; undefined: they are asked for. */
  readonly rights?: ClusterCheckState["rights"] | undefined;
}

/** Looks once. Never rejects. */
export async function observeCluster(
  client: KubeClient,
  namespace: string,
  context: ClusterContext,
): Promise<ClusterCheckState> {
  const [rights, definitions, corefile, certificate] = await Promise.all([
    context.rights ?? seen(Promise.all(agentRights(namespace).map((right) => review(client, right)))),
    seen(readDefinitions(client)),
    seen(readCorefile(client, namespace)),
    readCertificate(client, namespace).catch(() => undefined),
  ]);
  return { ...context, rights, definitions, corefile, certificate };
}

/** The API server's word on one right of whoever asks (SelfSubjectAccessReview). */
async function review(client: KubeClient, right: Right): Promise<ReviewedRight> {
  const resourceAttributes = Object.fromEntries(Object.entries(right).filter(([, value]) => value !== ""));
  const body = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { resourceAttributes },
  };
  const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  const answer = record(await client.request("POST", path, { body }), "review");
  const status = record(answer["status"], "status");
  return { right, allowed: optionalBoolean(status["allowed"], "status.allowed", false) };
}

async function readDefinitions(client: KubeClient): Promise<ReadonlyMap<string, ApiGroup | undefined>> {
  const entries = definitionVersions.map(async (version): Promise<[string, ApiGroup | undefined]> => {
    try {
      const path = `/apis/multicluster.x-k8s.io/${version}`;
      return [version, parseResources(await client.request("GET", path))];
    } catch (error) {
      if (hasStatus(error, 404)) return [version, undefined];
      throw error;
    }
  });
  return new Map(await Promise.all(entries));
}

/** An APIResourceList. */
function parseResources(answer: unknown): ApiGroup {
  return list(record(answer, "answer")["resources"], "resources").map((each, index) => {
    const resource = record(each, `resources[${index}]`);
    return {
      name: text(resource["name"], "name"),
      kind: text(resource["kind"], "kind"),
      namespaced: optionalBoolean(resource["namespaced"], "namespaced", false),
    };
  });
}

async function readCorefile(client: KubeClient, namespace: string): Promise<CorefileState> {
  const access = configMapAccess(client);
  const [own, front, meshDns] = await Promise.all([
    access.readConfigMap({ namespace: "kube-system", name: "coredns" }),
    access.readConfigMap({ namespace, name: "mesh-dns-front" }),
    readMeshDnsAddresses(client, namespace),
  ]);
  return {
    corefile: own?.data[corefileKey],
    meshZone: meshZoneOf(front?.data[corefileKey] ?? ""),
    meshDns,
  };
}

const beaconLabel = "gen.";

/** The zone that mesh-dns' own configuration says, by its beacon. */
export function meshZoneOf(frontCorefile: string): string | undefined {
  const parsed = parseCorefile(frontCorefile);
  const zones = "problem" in parsed ? [] : parsed.blocks.flatMap((block) => block.zones);
  return zones.find(({ zone }) => zone.startsWith(beaconLabel))?.zone.slice(beaconLabel.length);
}

async function readCertificate(client: KubeClient, namespace: string): Promise<CertificateLife | undefined> {
  const pem = (await readSecret(client, namespace, agentSecretName))?.["tls.crt"];
  if (pem === undefined) return undefined;
  return { renewalUnixMs: renewalUnixMs(pem), expiryUnixMs: expiryUnixMs(pem) };
}

async function seen<T>(reading: Promise<T>): Promise<Seen<T>> {
  try {
    return { known: true, value: await reading };
  } catch (error) {
    return { known: false, why: messageOf(error) };
  }
}
