// What the core offers. Explicit names only: what is not here is not for others.

// Values that travel and that decisions give.
export type * from "./desired.ts";
export type * from "./fact.ts";
export type * from "./facts.ts";
export type * from "./published.ts";
export type * from "./service.ts";
export type * from "./view.ts";
export type * from "./world.ts";
export * from "./limits.ts";
export { eventKinds, type EventKind } from "./events.ts";
export { no, reasons, yes, type Reason, type Refusal, type Verdict } from "./reasons.ts";
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
export { Pace, type PaceLimits } from "./pace.ts";
export {
  checksKind,
  isCheckReason,
  notMade,
  renderChecks,
  tallyChecks,
  untilNextLookMs,
  well,
  wrong,
  type CheckReason,
  type CheckResult,
} from "./check.ts";

// Addresses, prefixes, names.
export {
  addressBits,
  canonicalAddress,
  compareAddresses,
  familyOf,
  formatAddress,
  parseAddress,
  readAddress,
  type Address,
  type Family,
} from "./address.ts";
export {
  canonicalPrefix,
  comparePrefixes,
  comparePrefixText,
  containsAddress,
  containsPrefix,
  formatPrefix,
  hostPrefix,
  intersectPrefixes,
  overlapsPrefix,
  parsePrefix,
  readPrefix,
  type Prefix,
} from "./prefix.ts";
export { firstOverlap, longestMatch, longestMatchOf, prefixTable, type PrefixTable } from "./prefix-table.ts";
export { freePrefix, obstacleOf, type Obstacle } from "./free-prefix.ts";
export { forbiddenAs } from "./forbidden.ts";
export {
  clusterNameFault,
  clustersetZone,
  clusterZone,
  derivedServiceName,
  isLabel,
  isSubdomain,
  isPodNameable,
  isWithin,
  meshZoneFault,
  zoneFault,
  type TextHash,
} from "./names.ts";
export { isMeshDns, meshDnsService, meshNamespace, reachKey, splitReachKey } from "./reach-key.ts";
export { compareText, sameValue } from "./compare.ts";
export { PersistentMap } from "./persistent-map.ts";

// The world: what the hub decides from, how it changes, what it publishes.
export { admit, type Admitted } from "./book.ts";
export { releasingClaims, type ReleasingClaim } from "./releases.ts";
export {
  emptyWorld,
  nothingDeclared,
  restoreWorld,
  storedWorld,
  type StoredCluster,
  type StoredExport,
  type StoredWorld,
} from "./new-world.ts";
export { reduce, type Reduced } from "./reduce.ts";
export { keysOf, lookup, shardIds, type PublishedValue } from "./publish.ts";
export { completeness } from "./completeness.ts";
export { stubShard } from "./published-shards.ts";
export { isSelected, select } from "./select.ts";
export { merge, type Merged } from "./merge.ts";
export type { Constituent } from "./constituent.ts";
export { cutBytes, cutChars } from "./cut-text.ts";
export {
  isLabelKey,
  isLabelValue,
  isSealaneKey,
  isSealaneLabel,
  validAnnotations,
  validLabels,
} from "./object-metadata.ts";
export {
  affinityTimeoutFault,
  isPortNumber,
  portFault,
  servicePortsFault,
  type FieldFault,
} from "./service-rules.ts";
export { viewOf } from "./view-of.ts";

// What one cluster or node makes of a view, the steps to it, and why.
export { localiseRoutes, noRoutes, type RoutesOf } from "./localise/routes.ts";
export { localiseImport, localiseImports, mayRemoveImport } from "./localise/imports.ts";
export { localiseSlices, mayRemoveEndpoints } from "./localise/slices.ts";
export { localiseNames } from "./localise/names.ts";
export { formatPurpose, parsePurpose, type Purpose } from "./localise/purpose.ts";
export { planSlices, type Slice, type SlicePlan, type SliceStep } from "./plan/slices.ts";
export {
  compareRoutes,
  type Count,
  type Finding,
  type ObservedRoutes,
  type RouteDifference,
} from "./plan/routes.ts";
export { renderBird, type BirdText } from "./render/bird.ts";
export { parseBird } from "./render/parse-bird.ts";
export { explainImport } from "./explain/import.ts";
export { explainRoute } from "./explain/route.ts";
export type { ExplainStep, Outcome } from "./explain/step.ts";
