// Where speakers find the leader: the EndpointSlices of the selector-less Service `sealane-agent`, with the
// leader's own node as the only endpoint.

import { sameValue } from "@sealane/core";
import type { KubeClient } from "../kube/client.ts";
import { parseObject } from "../kube/door.ts";
import { hasStatus } from "../kube/error.ts";
import { isOwned, ownedAnnotations, ownedLabels } from "../kube/ownership.ts";
import { apiVersion, collectionPath, objectPath, resources } from "../kube/resource.ts";
import { parseEndpointSlice, serviceNameLabel } from "../observe/parse-endpoint-slice.ts";
import { ForeignObject, TermOver } from "./own-kind.ts";
import type { Term } from "./own-kind.ts";

/** The Service in front of the leader. */
const service = "sealane-agent";

/** Name of its port, by which kube-proxy joins it to its slices. */
const portName = "speakers";

/** Where the leader listens. */
export interface Listener {
  /** Of the Service. */
  readonly namespace: string;
  /** Addresses of the leader's node, canonical, IPv4 first. */
  readonly addresses: readonly string[];
  readonly port: number;
}

/**
 * Makes the Service lead to this listener; a family without an address gets no endpoint. Idempotent; call it
 * again when the node's addresses change. @throws ForeignObject, TermOver, KubeError
 */
export async function writeListenerEndpoints(
  client: KubeClient,
  term: Term,
  listener: Listener,
): Promise<void> {
  const families = [
    { addressType: "IPv4", address: listener.addresses.find((each) => !each.includes(":")) },
    { addressType: "IPv6", address: listener.addresses.find((each) => each.includes(":")) },
  ];
  await Promise.all(
    families.map(({ addressType, address }) => writeFamily(client, term, listener, addressType, address)),
  );
}

async function writeFamily(
  client: KubeClient,
  term: Term,
  { namespace, port }: Listener,
  addressType: string,
  address: string | undefined,
): Promise<void> {
  const name = `${service}-${addressType.toLowerCase()}`;
  const path = objectPath(resources.endpointSlices, namespace, name);
  const held = await read(client, path);
  if (held === undefined && address === undefined) return;
  if (held !== undefined && !held.owned) {
    throw new ForeignObject(
      `EndpointSlice ${namespace}/${name} exists and is not Sealane's. Delete or rename it.`,
    );
  }
  if (
    held !== undefined &&
    sameValue([held.addresses, held.ports], [address === undefined ? [] : [address], [port]])
  )
    return;
  if (!term.isCurrent()) throw new TermOver(`${path} was not written: this agent does not lead any more`);
  const body = {
    apiVersion: apiVersion(resources.endpointSlices),
    kind: resources.endpointSlices.kind,
    metadata: {
      namespace,
      name,
      labels: {
        ...ownedLabels,
        [serviceNameLabel]: service,
        "endpointslice.kubernetes.io/managed-by": "sealane.dev",
      },
      annotations: ownedAnnotations,
      ...(held === undefined ? {} : { resourceVersion: held.resourceVersion }),
    },
    addressType,
    ports: [{ name: portName, protocol: "TCP", port }],
    endpoints: address === undefined ? [] : [{ addresses: [address], conditions: { ready: true } }],
  };
  const options = { body, signal: term.signal };
  if (held === undefined)
    await client.request("POST", collectionPath(resources.endpointSlices, namespace), options);
  else await client.request("PUT", path, options);
}

interface HeldSlice {
  readonly resourceVersion: string;
  readonly owned: boolean;
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
}

async function read(client: KubeClient, path: string): Promise<HeldSlice | undefined> {
  try {
    const object = await client.request("GET", path);
    const { endpoints, ports, resourceVersion } = parseEndpointSlice(object);
    const owned = parseObject("EndpointSlice", object, (parts) => ({ ...parts, owned: isOwned(parts) }));
    return {
      resourceVersion,
      owned: owned.owned,
      addresses: endpoints.map(({ address }) => address),
      ports: ports.map((each) => each.port),
    };
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}
