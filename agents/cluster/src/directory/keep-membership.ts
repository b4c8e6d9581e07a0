// Keeps a site's membership good while it runs: renews the certificate before its end, and takes a token that a person
// puts into the token file without a restart. The open session goes on with the old certificate, which it has proven.

import { sleep } from "../kube/backoff.ts";
import { messageOf } from "../kube/error.ts";
import { renewalUnixMs } from "../link/keys.ts";
import type { Membership } from "../link/membership.ts";
import type { MembershipFiles } from "./membership.ts";
import { ensureMembership, renewMembership } from "./membership.ts";

/** What to keep, and whom to tell. */
export interface KeptMembershipOptions {
  readonly files: MembershipFiles;
  readonly first: Membership;
  /** There is a newer certificate: by renewal for the same name, by joining perhaps for another. */
  readonly onChange: (next: Membership) => void;
  /** Something failed and is tried again; told when its text changes. */
  readonly onProblem: (error: unknown) => void;
}

const lookMs = 30_000;

/** Starts keeping it until the signal aborts; `current` has the newest certificate. */
export function keepMembership(
  { files, first, onChange, onProblem }: KeptMembershipOptions,
  signal: AbortSignal,
): { readonly current: () => Membership } {
  let membership = first;
  let told = "";
  const look = async (): Promise<void> => {
    const due = Date.now() >= renewalUnixMs(membership.credentials.certificate);
    const next = due ? await renewMembership(files, membership) : await ensureMembership(files, Date.now());
    if (next.credentials.certificate === membership.credentials.certificate || signal.aborted) return;
    membership = next;
    onChange(next);
  };
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await sleep(lookMs, signal);
      if (signal.aborted) return;
      try {
        await look();
        told = "";
      } catch (error) {
        if (messageOf(error) !== told) onProblem(error);
        told = messageOf(error);
      }
    }
  };
  void run();
  return { current: () => membership };
}
