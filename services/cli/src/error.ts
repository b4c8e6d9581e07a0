// What the command line says when it cannot do what was asked: what on, why, what is allowed, what to do next.

import { exitCodes } from "./exit.ts";
import type { ExitCode } from "./exit.ts";

/** Why, for programs, with the exit code that belongs to it. */
const errorReasons = {
  Usage: exitCodes.usage,
  ConfigMissing: exitCodes.usage,
  ConfigInvalid: exitCodes.usage,
  InvalidArgument: exitCodes.usage,
  NotFound: exitCodes.no,
  Refused: exitCodes.no,
  HubUnreachable: exitCodes.unknown,
  HubUntrusted: exitCodes.unknown,
  HubFailed: exitCodes.unknown,
  HubOutdated: exitCodes.unknown,
  CertificateExpired: exitCodes.denied,
  CertificateRefused: exitCodes.denied,
  PermissionDenied: exitCodes.denied,
  Timeout: exitCodes.deadline,
  Interrupted: exitCodes.interrupted,
} as const satisfies Record<string, ExitCode>;

/** One of the closed list. */
export type ErrorReason = keyof typeof errorReasons;

/** The parts of an error; `must` and `next` are whole sentences or commands, and may be empty. */
export interface ErrorParts {
  readonly reason: ErrorReason;
  /** What it is about: `hub 10.0.0.1:7443`, `cluster/a`, `--timeout`. */
  readonly object: string;
  /** The key line: the action, the quoted value, the state that was found. */
  readonly message: string;
  /** What is allowed, or has to be so. */
  readonly must: string;
  /** The next command or act. */
  readonly next: string;
}

/** An error for a person and, by `-o json`, for a program. */
export class CliError extends Error {
  readonly parts: ErrorParts;

  constructor(parts: ErrorParts, options?: { cause?: unknown }) {
    super(parts.message, options);
    this.name = "CliError";
    this.parts = parts;
  }

  /** The exit code that belongs to its reason. */
  get exitCode(): ExitCode {
    return errorReasons[this.parts.reason];
  }
}

/** An error about the command itself. */
export function usageError(object: string, message: string, must: string, next = "sealane --help"): CliError {
  return new CliError({ reason: "Usage", object, message, must, next });
}
