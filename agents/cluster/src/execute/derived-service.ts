// The selector-less Service behind an import: its addresses stay for the import's life, and are asked for again when
// somebody took the Service away. Refuses to give a family up that the service still has.

import type { DesiredImport } from "@sealane/core";
import { createBackoff, sleep } from "../kube/backoff.ts";
import { hasStatus } from "../kube/error.ts";
import type { KubeError } from "../kube/error.ts";
import type { OwnObjects, OwnObjectsOf } from "./own-objects.ts";
import { derivedNameOf } from "./own-objects.ts";
import type { DerivedService } from "./parse-own.ts";
import { derivedServiceManifest, derivedServiceUpdate, keptFamilies } from "./render-import.ts";
import type { IpFamily } from "./render-import.ts";

/** About eight seconds in all: a busy API server takes more than one to free an address. */
const addressAttemptsMax = 30;
const addressWaits = { minMs: 10, maxMs: 400 };

/** Makes derived Services. */
export class DerivedServices {
  readonly #own: OwnObjects;
  readonly #clusterFamilies: () => readonly IpFamily[];

  /** `clusterFamilies` of this cluster's Services; empty while unknown. */
  constructor(own: OwnObjects, clusterFamilies: () => readonly IpFamily[]) {
    this.#own = own;
    this.#clusterFamilies = clusterFamilies;
  }

  /**
   * The derived Service as it should be; undefined when there is to be none: the import is headless, or the cluster
   * has no family for it. One that is there all the same is left to the caller, who removes it last.
   * @throws ForeignObject, StaleObject, TermOver, KubeError
   */
  async ensure(desired: DesiredImport, own: OwnObjectsOf): Promise<DerivedService | undefined> {
    const { service } = desired;
    if (service.type === "Headless") return undefined;
    const held = own.derived;
    const recorded = own.serviceImport?.ips ?? [];
    const clusterFamilies = this.#clusterFamilies();
    // Without an address it was made something else by hand: a new one asks for what the import recorded.
    if (held === undefined || held.clusterAddresses.length === 0) {
      const families = keptFamilies(recorded.map(familyOf), service, clusterFamilies);
      if (families.length === 0) return undefined;
      if (held !== undefined) await this.#own.services.remove(held);
      return await this.#create(desired, families, recorded);
    }
    const families = keptFamilies(held.ipFamilies, service, clusterFamilies);
    if (families.length === 0 && clusterFamilies.length > 0) return undefined;
    if (families.length > 0 && families[0] !== held.ipFamilies[0]) {
      // A Service's first family cannot change.
      await this.#own.services.remove(held);
      return await this.#create(desired, families, held.clusterAddresses);
    }
    const update = derivedServiceUpdate(held, desired, families);
    return update === undefined ? held : await this.#own.services.update(held, update);
  }

  /**
   * Asks for the recorded addresses first. A Service that was deleted a moment ago may still hold them, since
   * the API server frees an address after it has answered; so it is asked a few times before any other will do.
   */
  async #create(
    desired: DesiredImport,
    families: readonly IpFamily[],
    recorded: readonly string[],
  ): Promise<DerivedService> {
    const { namespace, name } = desired;
    const derivedName = derivedNameOf(namespace, name);
    const create = (addresses: readonly string[]): Promise<DerivedService> => {
      const body = derivedServiceManifest(desired, derivedName, families, addresses);
      return this.#own.services.create(namespace, derivedName, body);
    };
    const addresses = addressesFor(families, recorded);
    const backoff = createBackoff(addressWaits);
    for (let attempt = 1; addresses.length > 0 && attempt <= addressAttemptsMax; attempt++) {
      try {
        return await create(addresses);
      } catch (error) {
        if (!isAddressRefused(error)) throw error;
        if (!isStillHeld(error)) break;
      }
      await sleep(backoff.next());
    }
    return await create([]);
  }
}

/** Of the recorded addresses, those of the first families: a Service lists its addresses in the families' order. */
function addressesFor(families: readonly IpFamily[], recorded: readonly string[]): readonly string[] {
  const found = families.map((family) => recorded.find((address) => familyOf(address) === family));
  const missing = found.indexOf(undefined);
  return found.slice(0, missing === -1 ? undefined : missing).filter((each) => each !== undefined);
}

function familyOf(address: string): IpFamily {
  return address.includes(":") ? "IPv6" : "IPv4";
}

function isAddressRefused(error: unknown): error is KubeError {
  return hasStatus(error, 422) && /clusterIPs?\b|allocate/.test(error.message);
}

/** Another Service's address, or a deleted one's; outside the cluster's ranges an address stays refused. */
function isStillHeld(error: KubeError): boolean {
  return error.message.includes("already allocated");
}
