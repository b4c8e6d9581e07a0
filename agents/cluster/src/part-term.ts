// A part of a leader's term that may end before it: what runs in it falls silent, and the leader leads on.

import type { Term } from "./kube/lease.ts";

/** Part of a term. */
export interface PartTerm {
  readonly term: Term;
  readonly end: () => void;
}

/** A part of `whole`, which ends with it at the latest. */
export function partOf(whole: Term): PartTerm {
  const own = new AbortController();
  const signal = AbortSignal.any([whole.signal, own.signal]);
  return {
    term: { epoch: whole.epoch, signal, isCurrent: () => !own.signal.aborted && whole.isCurrent() },
    end: () => own.abort(),
  };
}
