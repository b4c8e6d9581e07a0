// Why a cluster does or does not import a service, or have a route: the core's verdicts, in order, preceded by
// whether the cluster is there to act on them.

import * as grpc from "@grpc/grpc-js";
import { explainImport, explainRoute } from "@sealane/core";
import type { ExplainStep, World } from "@sealane/core";
import type { AdminHandlers } from "@sealane/wire";
import type { SessionState } from "../clusters.ts";
import { CallError } from "../server/peers.ts";

interface StepInit {
  readonly outcome: string;
  readonly subject: string;
  readonly reason: string;
  readonly message: string;
}

/** ExplainImport, ExplainRoute. `stateOf` tells whether a cluster's agent is connected. */
export function explainVerbs(
  world: () => World,
  stateOf: (cluster: string) => SessionState,
): Pick<AdminHandlers, "explainImport" | "explainRoute"> {
  const answer = (cluster: string, steps: readonly ExplainStep[]): { steps: StepInit[] } => {
    const isMember = world().origins.has(cluster);
    return { steps: [...(isMember ? sessionStep(cluster, stateOf(cluster)) : []), ...steps.map(stepInit)] };
  };
  return {
    explainImport: async ({ cluster, namespace, name }) => {
      required({ cluster, namespace, name });
      return answer(cluster, explainImport(world(), cluster, namespace, name));
    },
    explainRoute: async ({ cluster, destination }) => {
      required({ cluster, destination });
      return answer(cluster, explainRoute(world(), cluster, destination));
    },
  };
}

function required(fields: Readonly<Record<string, string>>): void {
  const missing = Object.keys(fields).filter((field) => fields[field] === "");
  if (missing.length === 0) return;
  throw new CallError(
    grpc.status.INVALID_ARGUMENT,
    `Cannot explain without ${missing.join(" and ")}: name it.`,
  );
}

function sessionStep(cluster: string, state: SessionState): StepInit[] {
  if (state === "ready") return [];
  const since = state === "silent" ? "lost its connection" : "has not connected since the hub started";
  const message = `The agent of cluster "${cluster}" ${since}; it holds its last good state, and what follows is what it would be told.`;
  return [{ outcome: "unknown", subject: "session", reason: "ClusterSilent", message }];
}

function stepInit({ outcome, subject, reason, message }: ExplainStep): StepInit {
  return { outcome, subject, reason: reason ?? "", message };
}
