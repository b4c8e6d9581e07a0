// What the core offers. Explicit names only: what is not here is not for others.

export type * from "./desired.ts";
export type * from "./facts.ts";
export * from "./limits.ts";
export type * from "./published.ts";
export type * from "./service.ts";
export type * from "./view.ts";
export type * from "./world.ts";
export { no, reasons, yes, type Reason, type Verdict } from "./reasons.ts";
export {
  addDigest,
  comparePositions,
  originPosition,
  shardKey,
  shardKinds,
  subtractDigest,
  type DownKind,
  type FactKind,
  type Position,
  type ShardId,
  type ShardKey,
  type ShardKind,
  type ShardState,
} from "./shard.ts";
export { version } from "./version.ts";
