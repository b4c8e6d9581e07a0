// The agent's membership for one term: joins, keeps it good, and tells people what they have to do when the hub takes
// no certificate of theirs: in the log, as an Event and in readiness.

import type { Reason } from "@sealane/core";
import type { SessionState } from "@sealane/wire";
import { messageOf } from "./kube/error.ts";
import type { EventRecorder, EventSubject } from "./kube/events.ts";
import type { Term } from "./kube/lease.ts";
import type { Agent } from "./leader.ts";
import { isRefusal } from "./link/join.ts";
import { expiryUnixMs } from "./link/keys.ts";
import type { Membership } from "./link/membership.ts";
import {
  LeftMesh,
  ensureMembership,
  joinSecretName,
  noRefusals,
  withTokenRefusal,
} from "./link/membership.ts";
import { KeptMembership } from "./link/renewal.ts";
import { untilDone } from "./retry.ts";

/** Where to tell. */
export interface MembershipTold {
  readonly agent: Agent;
  readonly events: EventRecorder;
  /** The object that the Events are about. */
  readonly subject: EventSubject;
}

/** The stored membership, or one that a token buys; waits for a person as long as it takes. Undefined when the term is over. */
export async function joinMesh(told: MembershipTold, term: Term): Promise<Membership | undefined> {
  const { options, client, log } = told.agent;
  let refusals = noRefusals;
  const query = {
    namespace: options.namespace,
    signal: term.signal,
    onProblem: (error: unknown) => log.warn({ err: error }, "the join token is not used"),
  };
  const membership = await untilDone(
    async () => {
      try {
        return await ensureMembership(client, { ...query, refusals, nowUnixMs: Date.now() });
      } catch (error) {
        refusals = withTokenRefusal(refusals, error);
        throw error;
      }
    },
    term.signal,
    (error) =>
      error instanceof LeftMesh ? tellLeft(told, error) : tell(told, "JoinFailed", messageOf(error)),
  );
  if (membership === undefined) return undefined;
  const { cluster, hub } = membership;
  log.info({ cluster, hub }, `member of the mesh (Secret ${joinSecretName} is not needed any more)`);
  told.agent.showProblem(undefined);
  return membership;
}

/** The membership while it is kept. */
export interface MembershipPart {
  /** With the newest certificate. */
  readonly current: () => Membership;
  /** Learns from the session whether the hub takes the certificate. */
  readonly followState: (state: SessionState) => void;
}

/** Keeps it until the term ends. `onJoined`: there is a certificate of the same cluster and hub; `onMoved`: of another. */
export function keepMembership(
  told: MembershipTold,
  first: Membership,
  term: Term,
  { onJoined, onMoved }: { readonly onJoined: () => void; readonly onMoved: () => void },
): MembershipPart {
  const { client, options, log, metrics } = told.agent;
  const show = ({ credentials }: Membership) =>
    metrics.certificateExpiry.set(expiryUnixMs(credentials.certificate) / 1000);
  let problem = "";
  const kept = new KeptMembership(
    {
      client,
      namespace: options.namespace,
      first,
      onChange: (next, how) => {
        show(next);
        log.info(
          { cluster: next.cluster, hub: next.hub },
          how === "renewed" ? "certificate renewed" : "joined anew",
        );
        if (how === "joined") (isSameMember(first, next) ? onJoined : onMoved)();
      },
      onLost: (why) => {
        if (why !== undefined) return tell(told, "CertificateNotAccepted", why);
        told.agent.showProblem(undefined);
        log.info("the hub takes this cluster's certificate again");
      },
      onProblem: (error) => {
        if (messageOf(error) === problem) return;
        problem = messageOf(error);
        log.warn({ err: error }, "the certificate was not renewed or replaced; it is tried again");
      },
    },
    term.signal,
  );
  show(first);
  let open = false;
  return {
    current: () => kept.current,
    followState: (state) => {
      if (state.state === "connected") kept.accepted();
      // A session that was open was taken; what it ended with is not about the certificate, or the next one will say so.
      if (state.state === "disconnected" && !open && isRefusal(state.error)) kept.refused(state.error);
      open = state.state === "connected";
    },
  };
}

function isSameMember(a: Membership, b: Membership): boolean {
  return a.cluster === b.cluster && a.credentials.authorities === b.credentials.authorities;
}

/** That is how it should be, so there is no Event. */
function tellLeft({ agent }: MembershipTold, { message }: LeftMesh): void {
  agent.log.info(message);
  agent.showProblem(message);
}

/** Says what a person has to do. */
function tell({ agent, events, subject }: MembershipTold, reason: Reason, why: string): void {
  agent.log.error({ reason, why }, "this cluster is no member of the mesh");
  agent.showProblem(why);
  events.record(subject, { type: "Warning", reason, action: "Join", note: why });
}
