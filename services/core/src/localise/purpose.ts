// What a route is for: one value, its text for a person, and back again, so that a route from an earlier
// wish can be asked what it needs to stay.

import { meshDnsService, meshNamespace } from "../reach-key.ts";

/** What the addresses of a route are. */
export type Purpose =
  | { readonly kind: "pods"; readonly node: string }
  | { readonly kind: "service"; readonly namespace: string; readonly name: string }
  | { readonly kind: "meshDns" };

const podsPrefix = "pods of node ";

/** `pods of node a1`, `shop/web`, `mesh-dns`. */
export function formatPurpose(purpose: Purpose): string {
  switch (purpose.kind) {
    case "pods":
      return podsPrefix + purpose.node;
    case "service":
      return `${purpose.namespace}/${purpose.name}`;
    case "meshDns":
      return meshDnsService;
  }
}

/** What the text is of, or undefined when no purpose reads so. */
export function parsePurpose(text: string): Purpose | undefined {
  if (text === meshDnsService) return { kind: "meshDns" };
  if (text.startsWith(podsPrefix)) return { kind: "pods", node: text.slice(podsPrefix.length) };
  const [namespace, name, rest] = text.split("/");
  if (!namespace || !name || rest !== undefined) return undefined;
  return { kind: "service", namespace, name };
}

/** The Service whose pods stand behind the addresses; undefined for pods themselves. */
export function serviceOf(
  purpose: Purpose,
): { readonly namespace: string; readonly name: string } | undefined {
  if (purpose.kind === "pods") return undefined;
  return purpose.kind === "service" ? purpose : { namespace: meshNamespace, name: meshDnsService };
}
