// A channel to the cluster's agent: TLS by the agent's own CA, and the pod's token. Files are read anew for each
// connection, as both the token and the CA are replaced in place.

import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { channel } from "@sealane/wire";
import { firstReachable, readAddresses } from "./reach-agent.ts";

/** Whom to connect to, and as whom. */
export interface DialOptions {
  /** Undefined: the file `cluster` beside the CA says it. */
  readonly cluster: string | undefined;
  /** `host:port`, or `unix:` and a path. The addresses in the file `addresses` beside the CA are tried after it. */
  readonly agent: string;
  /** The name that the agent's certificate must bear. */
  readonly agentName: string;
  readonly tokenFile: string;
  readonly caFile: string;
}

/** A channel, what goes with each call, and the cluster that is on its other end. */
export interface Dialled {
  readonly client: grpc.Client;
  readonly metadata: grpc.Metadata;
  readonly cluster: string;
}

/** Opens a channel. Rejects, naming the file, when one cannot be read, and when the agent is nowhere of several places. */
export async function dialAgent({
  cluster,
  agent,
  agentName,
  tokenFile,
  caFile,
}: DialOptions): Promise<Dialled> {
  const besideCa = (file: string) => join(dirname(caFile), file);
  const [authority, token, name, others] = await Promise.all([
    readFile(caFile),
    readFile(tokenFile, "utf8"),
    cluster ?? readFile(besideCa("cluster"), "utf8"),
    agent.startsWith("unix:") ? [] : readAddresses(besideCa("addresses")),
  ]);
  const reached = others.length === 0 ? agent : await firstReachable([agent, ...others]);
  const metadata = new grpc.Metadata();
  metadata.set("authorization", `Bearer ${token.trim()}`);
  const credentials = grpc.credentials.createSsl(authority);
  const named = { "grpc.ssl_target_name_override": agentName, "grpc.default_authority": agentName };
  return { client: channel(reached, credentials, named), metadata, cluster: name.trim() };
}
