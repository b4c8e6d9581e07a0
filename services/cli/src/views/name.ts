// A zone or a service's name as the command line shows it.

import type { admin } from "@sealane/wire";
import type { Kind } from "../print/document.ts";
import { list } from "../print/table.ts";
import { orNull } from "./words.ts";

/** One item of a NameList. */
export interface Name {
  /** Fully qualified, without the final dot. */
  readonly name: string;
  /** zone, clusterset or cluster. */
  readonly kind: string;
  /** Who answers it; null when every cluster does. */
  readonly cluster: string | null;
  /** Empty for names whose address is each cluster's own. */
  readonly addresses: readonly string[];
}

/** From the admin message. */
export function toName(info: admin.NameInfo): Name {
  return { name: info.name, kind: info.kind, cluster: orNull(info.cluster), addresses: info.addresses };
}

/** Of `get names`. */
export const nameKind: Kind<Name> = {
  word: "name",
  document: "NameList",
  name: (it) => it.name,
  columns: [
    { title: "NAME", cell: (it) => it.name },
    { title: "KIND", cell: (it) => it.kind },
    { title: "CLUSTER", cell: (it) => it.cluster ?? "each" },
    {
      title: "ADDRESSES",
      cell: (it, options) => (it.addresses.length === 0 ? "each-own" : list(it.addresses, options)),
    },
  ],
};
