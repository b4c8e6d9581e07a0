// The port between what is wanted and a BGP daemon: whole wishes in, observations out. It knows no daemon;
// everything here is a plain value that any driver can fill.

import type { DesiredRoutes, Reason } from "@sealane/core";

/** What a driver can do, asked instead of guessed. */
export interface RouteAbilities {
  /** Can announce prefixes of this node to BGP peers. */
  readonly originate: boolean;
  /** Can put remote prefixes with several next hops into the kernel. */
  readonly install: boolean;
  /** Next hops that one route may have. */
  readonly nextHopsMax: number;
}

/** One thing that is not as wanted; the same reason travels up in the report. */
export interface Finding {
  /** A prefix, or the part of the driver that failed. */
  readonly subject: string;
  readonly reason: Reason;
  readonly message: string;
}

/** What a `set` came to. */
export interface Applied {
  /** `nothing`: it was so already. `applied`: the daemon was reconfigured. `repaired`: only the kernel had drifted. */
  readonly change: "nothing" | "applied" | "repaired";
  /** What the daemon and the kernel were seen to hold of the wish when `set` returned. */
  readonly live: LiveRoutes;
  /** Everything of the wish that is not live, the reason with each. */
  readonly findings: readonly Finding[];
}

/** Prefixes that were seen in the daemon and, for `install`, in the kernel as they were wanted. */
export interface LiveRoutes {
  readonly install: readonly string[];
  readonly originate: readonly string[];
}

/** What was seen, or why nothing could be seen. Not having seen is different from having seen nothing. */
export type Seen<T> =
  | { readonly known: true; readonly value: T }
  | { readonly known: false; readonly why: string };

/** A route of ours in the daemon's own table. */
export interface DaemonRoute {
  /** Canonical CIDR. */
  readonly prefix: string;
  readonly kind: "install" | "originate";
  /** Sorted; empty when originated. */
  readonly nextHops: readonly string[];
  /** False: the daemon prefers another protocol's route to the same prefix, which is then in the kernel. */
  readonly preferred: boolean;
}

/** A route in the kernel's main table, whoever wrote it. */
export interface KernelRoute {
  /** Canonical CIDR. */
  readonly prefix: string;
  /** `unicast`, `blackhole`, `unreachable` ... as the kernel types routes. */
  readonly type: string;
  /** Who wrote it, by the names of /etc/iproute2/rt_protos: `bird`, `kernel`, `static` ... */
  readonly protocol: string;
  /** The lowest metric of a prefix forwards. */
  readonly metric: number;
  /** Sorted; empty for on-link and typed routes. */
  readonly nextHops: readonly string[];
}

/** The routes as the daemon and the kernel have them. */
export interface ObservedRoutes {
  /** Ours only. */
  readonly daemon: Seen<readonly DaemonRoute[]>;
  /** The whole main table. */
  readonly kernel: Seen<readonly KernelRoute[]>;
}

/** One daemon's Sealane-owned routes. One `set` at a time; the reconciler sees to it. */
export interface RouteDriver {
  readonly abilities: RouteAbilities;
  /**
   * Makes the daemon and the kernel hold exactly this wish; the same wish again is harmless, and the empty
   * one removes every route that was ever made here. What can not be applied is left out and reported as a
   * finding. Rejects when the daemon or the kernel can not be asked or refuses everything: then what was
   * there before stands.
   */
  set(desired: DesiredRoutes): Promise<Applied>;
  /** Waits until what was set outlives a loss of power. `set` does not: a busy disk would hold up a next hop that must go. */
  sync(): Promise<void>;
  /**
   * Calls when something that was written here for the daemon was changed by somebody else; until the signal. Best
   * effort, and paced: every `set` finds it too, and says so in a finding.
   */
  watch(onEdit: () => void, signal: AbortSignal): void;
  /** Reads the daemon and the kernel. Never rejects: what can not be read is `unknown`. */
  observed(): Promise<ObservedRoutes>;
  /** Lets go of sockets. Withdraws nothing. */
  close(): Promise<void>;
}
