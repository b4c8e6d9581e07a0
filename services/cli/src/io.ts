// Everything that the command line takes from and gives to the process around it, as one value: tests pass their own.

/** An output stream. */
export interface Output {
  readonly write: (text: string) => void;
  /** Whether words may be coloured. */
  readonly colour: boolean;
  /** Resolves when the reader has taken enough that more may be written. */
  readonly drained?: () => Promise<void>;
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
  /** Configuration of a quickstart in the checkout that the program is run from; there only while one runs. */
  readonly quickstart?: string;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Aborted when the person interrupts, or with the reason `readerGone`. */
  readonly signal: AbortSignal;
}

/** Why an invocation is over when nobody reads its output any more, as after `| head -1`. */
export const readerGone = "reader gone";

/**
 * Whether a stream takes colour: it is a terminal that is not dumb, and NO_COLOR is unset or empty
 * (no-color.org).
 */
export function takesColour(isTty: boolean, env: Io["env"]): boolean {
  return isTty && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
}
