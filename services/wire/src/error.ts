// One error type for everything that crosses a process boundary, with a closed list of codes.

/** What went wrong, for programs. */
export type WireErrorCode =
  | "malformed" // bytes that are no message, or a message that breaks the contract
  | "oversized" // over a bound of limits.ts
  | "mismatch" // sums differ after an update: the receiver must be sent the shard anew
  | "schema" // no schema version in common
  | "denied" // the peer may not do this
  | "superseded" // a newer epoch or session of the same peer exists
  | "closed"; // the other side ended the session

/** An error with its code; the message names what was tried, on what, and the state found. */
export class WireError extends Error {
  readonly code: WireErrorCode;

  constructor(code: WireErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "WireError";
    this.code = code;
  }
}
