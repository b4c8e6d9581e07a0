// A channel to the cluster's agent: TLS by the agent's own CA, and the pod's token. Files are read anew for each
// connection, as both the token and the CA are replaced in place.

import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { channel } from "@sealane/wire";

/** Whom to connect to, and as whom. */
export interface DialOptions {
  /** Undefined: the file `cluster` beside the CA says it. */
  readonly cluster: string | undefined;
  /** `host:port`, or `unix:` and a path. */
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

/** Opens a channel. Rejects, naming the file, when one cannot be read. */
export async function dialAgent({
  cluster,
  agent,
  agentName,
  tokenFile,
  caFile,
}: DialOptions): Promise<Dialled> {
  const clusterFile = join(dirname(caFile), "cluster");
  const [authority, token, name] = await Promise.all([
    readFile(caFile),
    readFile(tokenFile, "utf8"),
    cluster ?? readFile(clusterFile, "utf8"),
  ]);
  const metadata = new grpc.Metadata();
  metadata.set("authorization", `Bearer ${token.trim()}`);
  const credentials = grpc.credentials.createSsl(authority);
  const named = { "grpc.ssl_target_name_override": agentName, "grpc.default_authority": agentName };
  return { client: channel(agent, credentials, named), metadata, cluster: name.trim() };
}
