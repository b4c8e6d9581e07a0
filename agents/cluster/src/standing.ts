// How the agent stands, for people: the session's state in log and metrics, and the object that Events are about.

import type { SessionState } from "@sealane/wire";
import type { KubeClient } from "./kube/client.ts";
import type { EventSubject } from "./kube/events.ts";
import { objectPath, resources } from "./kube/resource.ts";
import type { Agent } from "./leader.ts";

/** The agent's own namespace as the subject of Events. @throws KubeError */
export async function systemNamespaceSubject(client: KubeClient, namespace: string): Promise<EventSubject> {
  const found = (await client.request("GET", objectPath(resources.namespaces, "", namespace))) as {
    metadata: { uid: string };
  };
  return { resource: resources.namespaces, namespace: "", name: namespace, uid: found.metadata.uid };
}

/** Shows each state of the hub session; a failure is told once for as long as its text stays the same. */
export function followState({ log, metrics }: Pick<Agent, "log" | "metrics">): (state: SessionState) => void {
  let told = "";
  return (state) => {
    metrics.sessionUp.set(state.state === "connected" ? 1 : 0);
    if (state.state === "connected") {
      log.info(
        { hub: state.welcome.version, epoch: String(state.welcome.epoch) },
        "session with the hub is open",
      );
      told = "";
    }
    if (state.state !== "disconnected" || state.error.message === told) return;
    told = state.error.message;
    log.warn({ err: state.error }, "no session with the hub; the last good state is held");
  };
}
