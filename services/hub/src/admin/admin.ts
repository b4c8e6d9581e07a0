// AdminService as one table: which verb needs which role. Every call is checked here and leaves a log line;
// what a verb does is in the file of its group.

import type * as grpc from "@grpc/grpc-js";
import type { AdminHandlers } from "@sealane/wire";
import { adminImplementation, statusOfError } from "@sealane/wire";
import type { Logger } from "pino";
import { CallError } from "../server/peers.ts";
import type { Caller, Peers } from "../server/peers.ts";
import type { Role } from "../trust/identity.ts";

type Verb = Exclude<keyof AdminHandlers, "close">;

/** What each verb needs. */
const needs: Readonly<Record<Verb, Role>> = {
  getStatus: "viewer",
  getVersion: "viewer",
  listClusters: "viewer",
  listServices: "viewer",
  listRoutes: "viewer",
  listNames: "viewer",
  listRanges: "viewer",
  explainImport: "viewer",
  explainRoute: "viewer",
  listTokens: "operator",
  createToken: "admin",
  revokeToken: "admin",
  listEvents: "viewer",
  watch: "viewer",
  planJoin: "viewer",
  getLogLevel: "viewer",
  setLogLevel: "operator",
  leaveCluster: "admin",
  getDeparture: "viewer",
};

/** The implementation of AdminService over the verbs of all groups. */
export function adminService(
  verbs: AdminHandlers,
  peers: Peers,
  log: Logger,
): grpc.UntypedServiceImplementation {
  /** Refuses callers whose role does not suffice, and leaves a log line for the others. */
  const check = (verb: Verb, request: object, caller: Caller): void => {
    const role = needs[verb];
    const person = peers.person(caller, role, verb);
    const level = role === "viewer" ? "debug" : "info";
    const asked = { ...request, $typeName: undefined };
    log[level]({ verb, asked, person: person.name, role: person.role, peer: caller.getPeer() }, "admin call");
  };
  const { watch, ...answers } = verbs;
  const checked = Object.entries(answers).map(([name, verb]) => {
    const call = async (request: never, caller: grpc.ServerUnaryCall<object, object>): Promise<unknown> => {
      check(name as Verb, request, caller);
      return (verb as (request: never, call: typeof caller) => Promise<unknown>)(request, caller);
    };
    return [name, call] as const;
  });
  const checkedWatch: AdminHandlers["watch"] = async function* (request, caller, signal) {
    check("watch", request, caller);
    yield* watch(request, caller, signal);
  };
  const all = { ...Object.fromEntries(checked), watch: checkedWatch } as unknown as AdminHandlers;
  return adminImplementation(all, statusOf);
}

/** The status that a caller sees. */
export function statusOf(error: unknown): { readonly code: grpc.status; readonly details: string } {
  if (error instanceof CallError) return { code: error.code, details: error.message };
  return statusOfError(error);
}
