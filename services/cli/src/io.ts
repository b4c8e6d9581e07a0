// Everything that the command line takes from and gives to the process around it, as one value: tests pass their own.

/** An output stream. */
export interface Output {
  readonly write: (text: string) => void;
  /** Whether words may be coloured. */
  readonly colour: boolean;
}

/** The surroundings of one invocation. */
export interface Io {
  /** Data, and nothing else. */
  readonly stdout: Output;
  /** Errors, hints and progress. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The person's home directory. */
  readonly home: string;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Aborted when the person interrupts. */
  readonly signal: AbortSignal;
}

/**
 * Whether a stream takes colour: it is a terminal that is not dumb, and NO_COLOR is unset or empty
 * (no-color.org).
 */
export function takesColour(isTty: boolean, env: Io["env"]): boolean {
  return isTty && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
}
