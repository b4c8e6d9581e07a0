// What an API server was asked to write, by its own count (apiserver_request_total). Knows no writer: what others
// write meanwhile is in the count, so its user lets nobody else write.

import type { KubeClient } from "../../agents/cluster/src/kube/client.ts";
import { waitFor } from "../lab/wait.ts";

/** Requests that write, by `VERB resource[/subresource] CODE`, since the API server started. */
export type Writes = ReadonlyMap<string, number>;

/** What was written between two counts. */
export interface WriteTally {
  /** Writes of objects. */
  readonly counted: number;
  /** Leases, Events and Secrets, which keep time, tell and remember; and reviews, which ask and store nothing. */
  readonly apart: number;
  /** Every request by name, `none` without any. */
  readonly countedText: string;
  readonly apartText: string;
}

const writing = new Set(["POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"]);
const apart =
  /^(?:leases|events|secrets|serviceaccounts\/token|tokenreviews|\w*subjectaccessreviews|selfsubject\w+)$/;

/** Reads the count. */
export async function readWrites(client: KubeClient): Promise<Writes> {
  const chunks: Buffer[] = [];
  const handler = { onOpen: () => undefined, onChunk: (chunk: Buffer) => void chunks.push(chunk) };
  await client.stream("/metrics", {}, handler, AbortSignal.timeout(30_000));
  return parseWrites(Buffer.concat(chunks).toString());
}

/** Parses the text of an API server's metrics. Dry runs write nothing and are left out. */
export function parseWrites(text: string): Writes {
  const writes = new Map<string, number>();
  for (const line of text.split("\n")) {
    const found = /^apiserver_request_total\{(.*)\} (\S+)$/.exec(line);
    if (found === null) continue;
    const label = (name: string) => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(found[1] ?? "")?.[1] ?? "";
    if (!writing.has(label("verb")) || label("dry_run") !== "") continue;
    const subresource = label("subresource");
    const what = subresource === "" ? label("resource") : `${label("resource")}/${subresource}`;
    const key = `${label("verb")} ${what} ${label("code")}`;
    writes.set(key, (writes.get(key) ?? 0) + Number(found[2]));
  }
  return writes;
}

/** What was added between two counts. */
export function writesBetween(before: Writes, after: Writes): WriteTally {
  const added = [...after]
    .map(([key, count]) => ({ key, count: count - (before.get(key) ?? 0) }))
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
  const isApart = ({ key }: { key: string }) => apart.test(key.split(" ")[1] ?? "");
  const [others, objects] = [added.filter(isApart), added.filter((each) => !isApart(each))];
  return {
    counted: sum(objects),
    apart: sum(others),
    countedText: textOf(objects),
    apartText: textOf(others),
  };
}

/** Waits until no object was written for a while, and gives the count. Leases and what else is apart go on for ever. */
export async function quietWrites(
  client: KubeClient,
  what: string,
  bounds: { readonly quietMs: number; readonly timeoutMs: number },
): Promise<Writes> {
  let last = await readWrites(client);
  let since = performance.now();
  return await waitFor({ what, timeoutMs: bounds.timeoutMs, intervalMs: 500 }, async () => {
    const now = await readWrites(client);
    if (writesBetween(last, now).counted > 0) since = performance.now();
    last = now;
    return performance.now() - since >= bounds.quietMs ? now : undefined;
  });
}

type Added = readonly { readonly key: string; readonly count: number }[];

function sum(added: Added): number {
  return added.reduce((total, { count }) => total + count, 0);
}

function textOf(added: Added): string {
  return added.map(({ key, count }) => `${count} ${key}`).join(", ") || "none";
}
