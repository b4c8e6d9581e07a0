// A route as the command line shows it.

import type { admin } from "@sealane/wire";
import type { Kind } from "../print/document.ts";
import { list } from "../print/table.ts";
import { orNull } from "./words.ts";

/** One item of a RouteList. */
export interface Route {
  readonly prefix: string;
  /** install, originate or withheld. */
  readonly kind: string;
  readonly nextHops: readonly string[];
  /** Whose prefix it is. */
  readonly cluster: string;
  readonly purpose: string;
  /** From the closed list; null unless withheld. */
  readonly reason: string | null;
  readonly message: string | null;
}

/** From the admin message. */
export function toRoute(info: admin.RouteInfo): Route {
  return {
    prefix: info.prefix,
    kind: info.kind,
    nextHops: info.nextHops,
    cluster: info.cluster,
    purpose: info.purpose,
    reason: orNull(info.reason),
    message: orNull(info.message),
  };
}

/** Of `get routes`. */
export const routeKind: Kind<Route> = {
  word: "route",
  document: "RouteList",
  name: (it) => it.prefix,
  columns: [
    { title: "PREFIX", cell: (it) => it.prefix },
    { title: "KIND", cell: (it) => it.kind, tone: (it) => (it.kind === "withheld" ? "bad" : "plain") },
    { title: "CLUSTER", cell: (it) => it.cluster },
    { title: "PURPOSE", cell: (it) => it.purpose },
    { title: "NEXTHOPS", cell: (it, options) => list(it.nextHops, options) },
    { title: "REASON", cell: (it) => it.reason ?? "" },
    { title: "MESSAGE", wide: true, cell: (it) => it.message ?? "" },
  ],
};
