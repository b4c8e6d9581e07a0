// Every message of the admin service under one name, as types only.

export type * from "../generated/sealane/v1/admin_pb.ts";
export type * from "../generated/sealane/v1/departure_pb.ts";
export type * from "../generated/sealane/v1/events_pb.ts";
export type * from "../generated/sealane/v1/inventory_pb.ts";
export type * from "../generated/sealane/v1/watch_pb.ts";
