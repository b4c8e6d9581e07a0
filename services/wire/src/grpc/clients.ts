// Clients of the services, typed, over a grpc-js channel that the caller secured.

import * as grpc from "@grpc/grpc-js";
import { AdminService } from "../generated/sealane/v1/admin_pb.ts";
import { JoinService } from "../generated/sealane/v1/join_pb.ts";
import type { UnaryClient, UnaryHandlers } from "./service.ts";
import { channelOptions, serviceDefinition, unaryClient, unaryImplementation } from "./service.ts";
import type { StreamClient, StreamHandlers } from "./stream.ts";
import { streamClient, streamImplementation } from "./stream.ts";
import { statusOfError } from "../session/server.ts";

export type AdminClient = UnaryClient<typeof AdminService> & StreamClient<typeof AdminService>;
export type JoinClient = UnaryClient<typeof JoinService>;
export type AdminHandlers = UnaryHandlers<typeof AdminService> & StreamHandlers<typeof AdminService>;
export type JoinHandlers = UnaryHandlers<typeof JoinService>;

/** A channel with the bounds and keepalives that every connection here uses. */
export function channel(
  address: string,
  credentials: grpc.ChannelCredentials,
  options: grpc.ChannelOptions = {},
): grpc.Client {
  return new grpc.Client(address, credentials, { ...channelOptions, ...options });
}

/** AdminService at `host:port`. Its lists are whole, so a caller may allow larger messages than sessions do. */
export function adminClient(
  address: string,
  credentials: grpc.ChannelCredentials,
  options?: grpc.ChannelOptions,
): AdminClient {
  const opened = channel(address, credentials, options);
  return { ...unaryClient(AdminService, opened), ...streamClient(AdminService, opened) };
}

/** JoinService at `host:port`. */
export function joinClient(
  address: string,
  credentials: grpc.ChannelCredentials,
  options?: grpc.ChannelOptions,
): JoinClient {
  return unaryClient(JoinService, channel(address, credentials, options));
}

/** The grpc-js definitions of the unary services. */
export const adminServiceDefinition = serviceDefinition(AdminService);
export const joinServiceDefinition = serviceDefinition(JoinService);

/** What `grpc.Server.addService` takes for AdminService. `statusOf` maps errors; by default a WireError keeps its code. */
export function adminImplementation(
  handlers: AdminHandlers,
  statusOf: (error: unknown) => Partial<grpc.StatusObject> = statusOfError,
) {
  return {
    ...unaryImplementation(AdminService, handlers, statusOf),
    ...streamImplementation(AdminService, handlers, statusOf),
  };
}

/** What `grpc.Server.addService` takes for JoinService. */
export function joinImplementation(
  handlers: JoinHandlers,
  statusOf: (error: unknown) => Partial<grpc.StatusObject> = statusOfError,
) {
  return unaryImplementation(JoinService, handlers, statusOf);
}
