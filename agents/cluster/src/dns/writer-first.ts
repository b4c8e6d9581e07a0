// The first configuration of a mesh-dns pod: waits until the agent has written a front Corefile and puts both
// files in place, so that CoreDNS never starts without one.

import type { KubeClient } from "../kube/client.ts";
import type { ConfigMapName } from "./config-maps.ts";
import { watchCorefile } from "./config-maps.ts";
import { parseCorefile } from "./corefile.ts";
import { judgePeers } from "./judge.ts";
import { emptyPeersCorefile } from "./peers.ts";
import { placeFile } from "./place.ts";

/** A ConfigMap and the file that it becomes. */
export interface Source extends ConfigMapName {
  readonly file: string;
}

/** Both configurations. */
export interface Sources {
  readonly front: Source;
  readonly peers: Source;
}

/** Writes both files; the peers' own is one that serves nothing while there is no acceptable ConfigMap. */
export async function writeFirst(
  client: KubeClient,
  sources: Sources,
  log: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const [front, peers] = await Promise.all([
    firstText(client, sources.front, (text) => frontProblem(text), log, signal),
    firstText(client, sources.peers, () => undefined, log, signal),
  ]);
  const beacon = judgePeers(peers ?? "");
  if ("problem" in beacon) log(`${beacon.problem}; starting with no peers`);
  await placeFile(sources.front.file, front ?? "");
  await placeFile(sources.peers.file, "problem" in beacon ? emptyPeersCorefile() : (peers ?? ""));
}

/** The first text without a problem. Rejects when the signal ends the waiting. */
async function firstText(
  client: KubeClient,
  source: Source,
  problemOf: (text: string | undefined) => string | undefined,
  log: (message: string) => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  const done = new AbortController();
  const where = `ConfigMap "${source.namespace}/${source.name}"`;
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      let last = "the API server has not answered";
      const say = (problem: string) => {
        if (problem !== last) log(`Waiting for ${where}: ${problem}`);
        last = problem;
      };
      const onText = (text: string | undefined) => {
        const problem = problemOf(text);
        if (problem === undefined) resolve(text);
        else say(problem);
      };
      signal.addEventListener("abort", () => reject(new Error(`Gave up waiting for ${where}: ${last}`)));
      watchCorefile(client, source, { onText, onUnknown: (error) => say(error.message) }, done.signal);
    });
  } finally {
    done.abort();
  }
}

function frontProblem(text: string | undefined): string | undefined {
  if (text === undefined)
    return "it does not exist yet; the agent writes it once the hub has admitted the cluster";
  const corefile = parseCorefile(text);
  if ("problem" in corefile) return corefile.problem;
  return corefile.blocks.length === 0 ? "it is empty" : undefined;
}
