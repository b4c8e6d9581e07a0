// Who has an address of this cluster's Services, by the API server's IPAddress of it, and letting go of one that a
// Service which is gone left behind. Asked only where the API server refused an address: one request each.

import type { KubeClient } from "../kube/client.ts";
import { optionalText, parseObject, record, text } from "../kube/door.ts";
import type { Parse } from "../kube/door.ts";
import { hasStatus, isDenied } from "../kube/error.ts";
import { deleteOptions, objectPath, resources } from "../kube/resource.ts";
import type { Stored } from "../kube/store.ts";
import { TermOver } from "./own-kind.ts";
import type { Term } from "./own-kind.ts";

/** Name of a Service. */
export interface ServiceName {
  readonly namespace: string;
  readonly name: string;
}

/** What we need of an IPAddress (networking.k8s.io/v1). Its name is the address. */
export interface IpAddress extends Stored {
  /** What the address was given to. */
  readonly parent: ServiceName & { readonly resource: string };
}

/** Parses an IPAddress. @throws ObjectError */
const parseIpAddress: Parse<IpAddress> = (object) =>
  parseObject("IPAddress", object, ({ spec, name, uid, resourceVersion }) => {
    const parent = record(spec["parentRef"], "spec.parentRef");
    return {
      namespace: "",
      name,
      uid,
      resourceVersion,
      parent: {
        resource: text(parent["resource"], "spec.parentRef.resource"),
        namespace: optionalText(parent["namespace"], "spec.parentRef.namespace"),
        name: text(parent["name"], "spec.parentRef.name"),
      },
    };
  });

/** Whether the address was given to this Service, which may be gone. */
export function isGivenTo({ parent }: IpAddress, { namespace, name }: ServiceName): boolean {
  return parent.resource === "services" && parent.namespace === namespace && parent.name === name;
}

/** Reads and frees addresses. */
export class ServiceAddresses {
  readonly #client: KubeClient;
  readonly #term: Term;

  constructor(client: KubeClient, term: Term) {
    this.#client = client;
    this.#term = term;
  }

  /**
   * The address's IPAddress; undefined when nobody has it, and when the API server does not say: before v1.33, or
   * without the right to read it. @throws KubeError
   */
  async find(address: string): Promise<IpAddress | undefined> {
    const path = objectPath(resources.ipAddresses, "", address);
    try {
      return parseIpAddress(await this.#client.request("GET", path, { signal: this.#term.signal }));
    } catch (error) {
      if (hasStatus(error, 404) || isDenied(error)) return undefined;
      throw error;
    }
  }

  /** Lets go of an address whose Service is gone; where that is not allowed it stays. @throws TermOver, KubeError */
  async free({ name, uid }: IpAddress): Promise<void> {
    const path = objectPath(resources.ipAddresses, "", name);
    if (!this.#term.isCurrent())
      throw new TermOver(`DELETE ${path} was not sent: this agent does not lead any more`);
    const request = { body: deleteOptions(uid), signal: this.#term.signal };
    try {
      await this.#client.request("DELETE", path, request);
    } catch (error) {
      // Freed, or given to somebody else meanwhile.
      if (!hasStatus(error, 404) && !hasStatus(error, 409) && !isDenied(error)) throw error;
    }
  }
}
