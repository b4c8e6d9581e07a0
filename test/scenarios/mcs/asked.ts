// Questions that a pod asks: the cluster's own DNS for a name, and a server who it is, over TCP and UDP. The pod is the
// stories' client pod, so names go the way that every pod's names go.

import { waitFor } from "../../lab/index.ts";
import { kubectl, shop } from "../story.ts";
import type { Network } from "../story.ts";
import { conditionMs } from "./pair.ts";
import type { Site } from "./pair.ts";

/** An answer of DNS. */
export interface DnsAnswer {
  /** NOERROR, NXDOMAIN, SERVFAIL, ... */
  readonly status: string;
  /** Data of the records of the type asked for, sorted; of SRV without priority and weight, which are anything. */
  readonly records: readonly string[];
}

export type RecordType = "A" | "AAAA" | "SRV" | "TXT";

/** Asks the cluster's own DNS. */
export async function ask(site: Site, name: string, type: RecordType): Promise<DnsAnswer> {
  const text = await inClientPod(site, ["dig", name, type, "+tries=2", "+time=2"]);
  const section = /;; ANSWER SECTION:\n([\s\S]*?)\n\n/.exec(text)?.[1] ?? "";
  const records = section
    .split("\n")
    .map((line) => line.split(/\s+/))
    .filter((fields) => fields[3] === type)
    .map((fields) => fields.slice(type === "SRV" ? 6 : 4).join(" "));
  return { status: /status: ([A-Z]+)/.exec(text)?.[1] ?? "NONE", records: records.toSorted() };
}

/** Asks until there are this many records. */
export async function waitForRecords(
  site: Site,
  name: string,
  type: RecordType,
  count: number,
): Promise<DnsAnswer> {
  const wait = { what: `${count} records ${type} of ${name} in ${site.name}`, timeoutMs: conditionMs };
  return waitFor({ ...wait, intervalMs: 500 }, async () => {
    const seen = await ask(site, name, type);
    if (seen.records.length === count) return seen;
    throw new Error(`seen last: ${JSON.stringify(seen)}`);
  });
}

/**
 * The pods that answer `count` datagrams at port 42 of a name, one after another. A datagram may get lost, so one without
 * an answer within a second is sent again; fewer answers than asked for after three times as many say that none come.
 */
export async function datagrams(
  site: Site,
  family: "4" | "6",
  name: string,
  count: number,
): Promise<readonly string[]> {
  const once = `echo who | socat -t1 - UDP${family}:${name}:42`;
  const loop = `seen=0; for i in $(seq ${count * 3}); do
    answer=$(${once}); [ -z "$answer" ] || { echo "$answer"; seen=$((seen + 1)); }
    [ $seen -lt ${count} ] || break
  done`;
  return (await inClientPod(site, ["sh", "-c", loop])).trim().split("\n");
}

/** Tries to connect `count` times. What came of each, one a line: a server's answer, or why there is none. */
export async function attempts(
  site: Site,
  network: Network,
  url: string,
  count: number,
): Promise<readonly string[]> {
  const command = `fetch -n ${count} -timeout 1s -network ${network} ${url} 2>&1 || true`;
  return (await inClientPod(site, ["sh", "-c", command])).trim().split("\n");
}

function inClientPod(site: Site, command: readonly string[]): Promise<string> {
  return kubectl(site.cluster, ["-n", shop, "exec", "client", "--", ...command]);
}
