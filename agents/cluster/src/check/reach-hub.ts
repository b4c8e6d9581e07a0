// Tries the hub's two ports as the agent would: the session's by the certificate that is stored, or by nothing but a
// handshake before the cluster has joined. It sends nothing and trusts nothing.

import { connect } from "node:tls";
import type { ConnectionOptions } from "node:tls";
import type { KubeClient } from "../kube/client.ts";
import { messageOf } from "../kube/error.ts";
import { joinAddress, parseAddress } from "../link/join.ts";
import { agentSecretName, joinSecretName } from "../link/membership.ts";
import { readSecret } from "../link/secrets.ts";
import type { HubState } from "./judge-hub.ts";

const connectMs = 5_000;

/** What came of each port that there is an address for. Never rejects. */
export async function reachHub(client: KubeClient, namespace: string): Promise<readonly HubState[]> {
  try {
    const [joined, offered] = await Promise.all([
      readSecret(client, namespace, agentSecretName),
      readSecret(client, namespace, joinSecretName),
    ]);
    const hub = offered?.["hub"]?.trim() ?? joined?.["hub"];
    if (hub === undefined) {
      return [untried(`there is no Secret ${namespace}/${joinSecretName} with the hub's address yet`)];
    }
    const { "ca.crt": ca, "tls.crt": cert, "tls.key": key } = joined ?? {};
    const proven = ca !== undefined && cert !== undefined && key !== undefined;
    const session: ConnectionOptions = proven ? { ca, cert, key } : { rejectUnauthorized: false };
    return await Promise.all([
      handshake(`sessions at ${hub}`, hub, session),
      ...(proven
        ? []
        : [handshake(`joining at ${joinAddress(hub)}`, joinAddress(hub), { rejectUnauthorized: false })]),
    ]);
  } catch (error) {
    return [untried(messageOf(error))];
  }
}

function untried(message: string): HubState {
  return { what: "hub", answer: "untried", message };
}

function handshake(what: string, address: string, options: ConnectionOptions): Promise<HubState> {
  const { host, port } = parseAddress(address);
  return new Promise((resolve) => {
    const socket = connect({ ...options, host, port, ALPNProtocols: ["h2"], timeout: connectMs });
    const end = (answer: HubState["answer"], message: string) => {
      socket.destroy();
      resolve({ what, answer, message });
    };
    socket.once("timeout", () => end("failed", `no answer within ${connectMs} ms`));
    socket.once("error", (error) => end("failed", error.message));
    socket.once("secureConnect", () => end("reached", `answers, ${socket.getProtocol() ?? "TLS"}`));
  });
}
