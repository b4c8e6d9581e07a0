// A ServiceCIDR (networking.k8s.io/v1) at the door: from where the API server takes addresses of Services.

import { parseObject } from "../kube/door.ts";
import type { Parse } from "../kube/door.ts";
import type { Stored } from "../kube/store.ts";
import { prefixes } from "./addresses.ts";

/** What we need of a ServiceCIDR. */
export interface ServiceCidr extends Stored {
  /** Canonical CIDRs. */
  readonly prefixes: readonly string[];
}

/** Parses a ServiceCIDR. @throws ObjectError */
export const parseServiceCidr: Parse<ServiceCidr> = (object) =>
  parseObject("ServiceCIDR", object, ({ spec, name, uid, resourceVersion }) => ({
    namespace: "",
    name,
    uid,
    resourceVersion,
    prefixes: prefixes(spec["cidrs"], "spec.cidrs"),
  }));
