// Turns a failed call into an error that names the hub and the cure.

import type { ServiceError } from "@grpc/grpc-js";
import { CliError } from "../error.ts";
import type { ErrorParts, ErrorReason } from "../error.ts";
import type { ClientConfig } from "./config.ts";
import type { Diagnosis } from "./diagnose.ts";

/** What was asked, of whom. */
export interface Question {
  /** As in "Cannot list clusters": a verb and its object. */
  readonly action: string;
  /** As in `cluster/a`. */
  readonly object: string;
  readonly config: ClientConfig;
  readonly timeoutMs: number;
}

/** Codes of gRPC (grpc/grpc, doc/statuscodes.md) that are used here. */
export const grpcStatus = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  outOfRange: 11,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** The error for a call that the hub answered with a status, or that ran out of time. */
export function callFault(question: Question, error: ServiceError): CliError {
  const { action, object, config } = question;
  const hub = `hub "${config.hub}"`;
  const { reason, state, must, next } = answered(question, error);
  const message = `Cannot ${action} at ${hub}: ${state}`;
  return new CliError(
    { reason, object: object || `hub ${config.hub}`, message, must, next },
    { cause: error },
  );
}

/** The error for a hub that did not answer in time. */
export function silence(question: Question): CliError {
  const { action, object, config } = question;
  const { reason, state, must, next } = unanswered(question);
  const message = `Cannot ${action} at hub "${config.hub}": ${state}`;
  return new CliError({ reason, object: object || `hub ${config.hub}`, message, must, next });
}

function unanswered({ config, timeoutMs }: Question): Fault {
  return {
    reason: "Timeout",
    state: `no answer within ${timeoutMs} ms`,
    must: "the hub must be reachable from here and not overloaded",
    next: `check the address "${config.hub}" in "${config.path}", or wait longer with --timeout`,
  };
}

interface Fault extends Pick<ErrorParts, "reason" | "must" | "next"> {
  readonly state: string;
}

function answered(question: Question, { code, details }: ServiceError): Fault {
  const { config } = question;
  const status: number = code;
  const said = (reason: ErrorReason, must: string, next: string): Fault => ({
    reason,
    state: details,
    must,
    next,
  });
  switch (status) {
    case grpcStatus.deadlineExceeded:
      return unanswered(question);
    case grpcStatus.permissionDenied:
    case grpcStatus.unauthenticated:
      return said(
        "PermissionDenied",
        "the certificate must be a person's, signed by this hub, and not revoked",
        `use another configuration than "${config.path}", with --config or SEALANE_CONFIG`,
      );
    case grpcStatus.invalidArgument:
    case grpcStatus.outOfRange:
      return said("InvalidArgument", "", "sealane --help");
    case grpcStatus.notFound:
      return said("NotFound", "", "sealane status");
    case grpcStatus.alreadyExists:
    case grpcStatus.failedPrecondition:
      return said("Refused", "", "sealane status");
    case grpcStatus.unimplemented:
      return said("HubOutdated", "hub and sealane must be at most one release apart", "sealane version");
    case grpcStatus.resourceExhausted:
      return said(
        "HubFailed",
        "an answer must fit the largest message, and the hub serve no more than it may",
        "ask for less: -n, --cluster",
      );
    default:
      return said("HubFailed", "", "look at the hub's log, then try again");
  }
}

/** The error for a hub that could not be reached, as diagnosed. */
export function connectionFault({ action, config }: Question, diagnosis: Diagnosis): CliError {
  const { reason, state, must, next } = unreached(config, diagnosis);
  const message = `Cannot ${action} at hub "${config.hub}": ${state}`;
  return new CliError({ reason, object: `hub ${config.hub}`, message, must, next });
}

function unreached(config: ClientConfig, { cause, detail }: Diagnosis): Fault {
  const address = `check the address "${config.hub}" (--hub, or hub: in "${config.path}")`;
  switch (cause) {
    case "refused":
      return {
        reason: "HubUnreachable",
        state: "the connection was refused",
        must: "a hub must be listening there",
        next: `start the hub, or ${address}`,
      };
    case "unresolved":
      return {
        reason: "HubUnreachable",
        state: `its name has no address (${detail})`,
        must: "",
        next: address,
      };
    case "unreachable":
      return {
        reason: "HubUnreachable",
        state: `it cannot be reached (${detail})`,
        must: "this machine must have a route to it, and no firewall between",
        next: address,
      };
    case "untrusted":
      return {
        reason: "HubUntrusted",
        state: `its certificate is not signed by the CA in "${config.path}" (${detail})`,
        must: "the configuration must come from this very hub",
        next: "take the configuration that this hub wrote (DATA/admin/config.yaml); a hub with a new data directory has a new CA",
      };
    case "expired":
      return {
        reason: "HubUntrusted",
        state: `its certificate is expired or not yet valid (${detail})`,
        must: "the clocks of both machines must be right",
        next: "compare the clocks, then restart the hub: it renews its certificate at start",
      };
    case "misnamed":
      return {
        reason: "HubUntrusted",
        state: `its certificate is for other names (${detail})`,
        must: "the hub must be asked by a name or address that its certificate holds",
        next: address,
      };
    case "rejected":
      return {
        reason: "CertificateRefused",
        state: `it refused the certificate in "${config.path}" (${detail})`,
        must: "the certificate must be signed by this hub's CA",
        next: "take the configuration that this hub wrote (DATA/admin/config.yaml)",
      };
    case "unclear":
      return {
        reason: "HubUnreachable",
        state: detail,
        must: "",
        next: `look at the hub's log, or ${address}`,
      };
  }
}
