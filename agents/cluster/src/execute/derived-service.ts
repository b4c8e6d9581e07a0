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
import { isGivenTo } from "./service-addresses.ts";
import type { ServiceAddresses, ServiceName } from "./service-addresses.ts";

/** About eight seconds in all: a busy API server takes more than one to free an address. */
const addressAttemptsMax = 30;
const addressWaits = { minMs: 10, maxMs: 400 };
/** From this attempt on, after about two seconds, the API server is not expected to free it by itself any more. */
const freeingFrom = 12;

/** Makes derived Services. */
export class DerivedServices {
  readonly #own: OwnObjects;
  readonly #clusterFamilies: () => readonly IpFamily[];
  readonly #addresses: ServiceAddresses;

  /** `clusterFamilies` of this cluster's Services; empty while unknown. */
  constructor(own: OwnObjects, clusterFamilies: () => readonly IpFamily[], addresses: ServiceAddresses) {
    this.#own = own;
    this.#clusterFamilies = clusterFamilies;
    this.#addresses = addresses;
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
   * Asks for the recorded addresses first. A Service that was deleted a moment ago may still hold them, since the API
   * server frees an address after it has answered; so it is asked a few times before any other will do, and made to
   * free what it keeps for a Service that is gone. What another Service has by now is not waited for.
   */
  async #create(
    desired: DesiredImport,
    families: readonly IpFamily[],
    recorded: readonly string[],
  ): Promise<DerivedService> {
    const service = { namespace: desired.namespace, name: derivedNameOf(desired.namespace, desired.name) };
    let addresses = addressesFor(families, recorded);
    const backoff = createBackoff(addressWaits);
    for (let attempt = 1; addresses.length > 0 && attempt <= addressAttemptsMax; attempt++) {
      try {
        return await this.#post(desired, service, families, addresses);
      } catch (error) {
        if (!isAddressRefused(error)) throw error;
        if (!isStillHeld(error)) break;
      }
      const found = await Promise.all(addresses.map((address) => this.#addresses.find(address)));
      const isGiven = found.some((held) => held !== undefined && isGivenTo(held, service));
      // A Service that lost the label that we select by is there all the same.
      if (isGiven) await this.#own.services.ensureGone(service.namespace, service.name);
      // A Service asks for addresses of its first families: up to the first that another Service has.
      const lost = found.findIndex((held) => held !== undefined && !isGivenTo(held, service));
      if (lost !== -1) addresses = addresses.slice(0, lost);
      else if (attempt >= freeingFrom)
        await Promise.all(found.flatMap((held) => (held === undefined ? [] : this.#addresses.free(held))));
      await sleep(backoff.next());
    }
    return await this.#post(desired, service, families, []);
  }

  async #post(
    desired: DesiredImport,
    { namespace, name }: ServiceName,
    families: readonly IpFamily[],
    addresses: readonly string[],
  ): Promise<DerivedService> {
    const body = derivedServiceManifest(desired, name, families, addresses);
    return await this.#own.services.create(namespace, name, body);
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
