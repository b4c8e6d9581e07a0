// The exit codes. Programs that call `sealane` decide by these numbers, so they never change.

/** What each code says. "No" and "unknown" are different answers and different numbers. */
export const exitCodes = {
  /** Yes: done, healthy, explained as so. */
  yes: 0,
  /** No: unhealthy, refused, not there. */
  no: 1,
  /** The command or a document of the caller's was wrong; nothing was asked or done. */
  usage: 2,
  /** Unknown: the hub did not answer as a hub, or what it knows is stale. */
  unknown: 3,
  /** The hub, or the caller's own certificate, does not allow it. */
  denied: 4,
  /** No answer within `--timeout`. */
  deadline: 124,
  /** Interrupted by the person. */
  interrupted: 130,
} as const;

/** One of the closed list. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An answer for a person and a program. */
export type Answer = "yes" | "no" | "unknown";

/** One answer for many: any no makes it no, else any unknown makes it unknown. */
export function worst(answers: Iterable<Answer>): Answer {
  const all = [...answers];
  if (all.includes("no")) return "no";
  return all.includes("unknown") ? "unknown" : "yes";
}
