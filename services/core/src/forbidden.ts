// Prefixes that never belong to a cluster and never become a route, whoever asks. Knows only what the
// address architecture fixes; refuses knowledge of the mesh.

import { overlapsPrefix, parsePrefix, type Prefix } from "./prefix.ts";

/** RFC 6890 registries: what cannot be routed between machines, with its name for a person. */
const special: readonly (readonly [Prefix, string])[] = (
  [
    ["0.0.0.0/8", "this network"],
    ["127.0.0.0/8", "loopback"],
    ["169.254.0.0/16", "link-local"],
    ["224.0.0.0/4", "multicast"],
    ["240.0.0.0/4", "reserved for future use"],
    ["::/127", "unspecified and loopback"],
    ["::ffff:0:0/96", "IPv4-mapped"],
    ["fe80::/10", "link-local"],
    ["ff00::/8", "multicast"],
  ] as const
).map(([text, name]) => [parsePrefix(text), name]);

/** Why the prefix can never be used (`a default route`, `link-local`), or undefined when it can. */
export function forbiddenAs(prefix: Prefix): string | undefined {
  if (prefix.length === 0) return "a default route";
  return special.find(([known]) => overlapsPrefix(known, prefix))?.[1];
}
