// A Node at the door: where it is reached, which pods it holds, whether it is ready.

import { list, optionalText, parseObject, record, text } from "../kube/door.ts";
import type { Parse } from "../kube/door.ts";
import type { Stored } from "../kube/store.ts";
import { address, prefixes, sortedAddresses } from "./addresses.ts";

/** What we need of a Node. */
export interface Node extends Stored {
  /** InternalIP addresses, canonical, IPv4 first. */
  readonly addresses: readonly string[];
  /** Canonical CIDRs. */
  readonly podPrefixes: readonly string[];
  readonly ready: boolean;
  /** `topology.kubernetes.io/zone`, or empty. */
  readonly zone: string;
}

/** Parses a Node. @throws ObjectError */
export const parseNode: Parse<Node> = (object) =>
  parseObject("Node", object, ({ spec, status, labels, ...parts }) => {
    const internal: string[] = [];
    for (const [index, each] of list(status["addresses"], "status.addresses").entries()) {
      const where = `status.addresses[${index}]`;
      const { type, address: given } = record(each, where);
      if (type === "InternalIP") internal.push(address(given, `${where}.address`));
    }
    const single = optionalText(spec["podCIDR"], "spec.podCIDR");
    const cidrs = prefixes(spec["podCIDRs"], "spec.podCIDRs");
    return {
      namespace: "",
      name: parts.name,
      uid: parts.uid,
      resourceVersion: parts.resourceVersion,
      addresses: sortedAddresses(internal),
      podPrefixes: cidrs.length > 0 || single === "" ? cidrs : prefixes([single], "spec.podCIDR"),
      ready: isReady(status["conditions"]),
      zone: labels["topology.kubernetes.io/zone"] ?? "",
    };
  });

function isReady(conditions: unknown): boolean {
  return list(conditions, "status.conditions").some((each, index) => {
    const condition = record(each, `status.conditions[${index}]`);
    return (
      condition["type"] === "Ready" &&
      text(condition["status"], `status.conditions[${index}].status`) === "True"
    );
  });
}
