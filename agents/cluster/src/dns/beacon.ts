// Asks DNS servers: which generation a mesh-dns serves, and whether a name is answered. Every question has a
// deadline, and goes to exactly the one server that is named.

import { Resolver } from "node:dns/promises";
import { withPort } from "./zone.ts";

/** A DNS server. */
export interface Server {
  /** Canonical IPv4 or IPv6. */
  readonly address: string;
  readonly port: number;
}

/** Types that can be asked for. */
export type RecordType = "A" | "AAAA" | "NS" | "SOA" | "TXT";

/** What came back: records as text; no such name, or none of this type; a refusal or failure of the server; or nothing in time. */
export type Answer =
  | { readonly kind: "records"; readonly records: readonly string[] }
  | { readonly kind: "noName" }
  | { readonly kind: "noData" }
  | { readonly kind: "failure"; readonly code: string }
  | { readonly kind: "silent"; readonly code: string };

/** One question, one server, one attempt. */
export async function probe(
  name: string,
  type: RecordType,
  server: Server,
  deadlineMs: number,
): Promise<Answer> {
  // A resolver for each question: none of them may be answered from what another left behind.
  const resolver = new Resolver({ timeout: deadlineMs, tries: 1 });
  resolver.setServers([withPort(server.address, server.port)]);
  const cut = setTimeout(() => resolver.cancel(), deadlineMs);
  try {
    return { kind: "records", records: await records(resolver, name, type) };
  } catch (error) {
    return failed(error);
  } finally {
    clearTimeout(cut);
  }
}

/** What a replica's beacon says. */
export type BeaconAnswer =
  | { readonly kind: "generation"; readonly generation: string }
  | { readonly kind: "silent"; readonly code: string };

/** The generation that the mesh-dns at `server` serves for the mesh zone. */
export async function askBeacon(meshZone: string, server: Server, deadlineMs: number): Promise<BeaconAnswer> {
  const answer = await probe(`gen.${meshZone}`, "TXT", server, deadlineMs);
  if (answer.kind === "records") {
    const [generation] = answer.records;
    return generation === undefined ? { kind: "silent", code: "EMPTY" } : { kind: "generation", generation };
  }
  return { kind: "silent", code: "code" in answer ? answer.code : answer.kind };
}

async function records(resolver: Resolver, name: string, type: RecordType): Promise<readonly string[]> {
  switch (type) {
    case "A":
      return (await resolver.resolve4(name)).toSorted();
    case "AAAA":
      return (await resolver.resolve6(name)).toSorted();
    case "NS":
      return (await resolver.resolveNs(name)).toSorted();
    case "SOA": {
      const { nsname, hostmaster, serial } = await resolver.resolveSoa(name);
      return [`${nsname} ${hostmaster} ${serial}`];
    }
    case "TXT":
      return (await resolver.resolveTxt(name)).map((parts) => parts.join("")).toSorted();
  }
}

/** Node gives c-ares' codes: https://nodejs.org/api/dns.html#error-codes. */
function failed(error: unknown): Answer {
  const code = error instanceof Error && "code" in error ? String(error.code) : "UNKNOWN";
  if (code === "ENOTFOUND") return { kind: "noName" };
  if (code === "ENODATA") return { kind: "noData" };
  if (code === "ETIMEOUT" || code === "ECANCELLED" || code === "ECONNREFUSED")
    return { kind: "silent", code };
  return { kind: "failure", code };
}
