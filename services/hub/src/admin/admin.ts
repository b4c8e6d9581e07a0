// AdminService as one table: which verb needs which role. Every call is checked here and leaves a log line;
// what a verb does is in the file of its group.

import type * as grpc from "@grpc/grpc-js";
import type { AdminHandlers } from "@sealane/wire";
import { adminImplementation, statusOfError } from "@sealane/wire";
import type { Logger } from "pino";
import { CallError } from "../server/peers.ts";
import type { Peers } from "../server/peers.ts";
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
};

/** The implementation of AdminService over the verbs of all groups. */
export function adminService(
  verbs: AdminHandlers,
  peers: Peers,
  log: Logger,
): grpc.UntypedServiceImplementation {
  const checked = Object.entries(verbs).map(([name, verb]) => {
    const role = needs[name as Verb];
    const call = async (request: never, context: grpc.ServerUnaryCall<object, object>): Promise<unknown> => {
      const person = peers.person(context, role, name);
      const level = role === "viewer" ? "debug" : "info";
      const asked = { ...(request as object), $typeName: undefined };
      log[level](
        { verb: name, asked, person: person.name, role: person.role, peer: context.getPeer() },
        "admin call",
      );
      return (verb as (request: never, call: typeof context) => Promise<unknown>)(request, context);
    };
    return [name, call] as const;
  });
  return adminImplementation(Object.fromEntries(checked) as unknown as AdminHandlers, statusOf);
}

/** The status that a caller sees. */
export function statusOf(error: unknown): { readonly code: grpc.status; readonly details: string } {
  if (error instanceof CallError) return { code: error.code, details: error.message };
  return statusOfError(error);
}
