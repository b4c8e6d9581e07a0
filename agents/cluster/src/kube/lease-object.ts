// A coordination.k8s.io/v1 Lease as a slim value and back. Owns the annotation that holds the epoch.

import { integer, optionalText, parseObject } from "./door.ts";
import type { Parse } from "./door.ts";
import { ownedAnnotations, ownedLabels } from "./ownership.ts";
import { apiVersion, resources } from "./resource.ts";
import type { Stored } from "./store.ts";

/** Who holds the Lease, and since when. */
export interface Lease extends Stored {
  /** Empty when nobody does. */
  readonly holder: string;
  readonly durationMs: number;
  /** Unix milliseconds; 0 when absent. */
  readonly acquiredAtMs: number;
  readonly transitions: number;
  /** The holder's epoch; 0 when none was ever set. */
  readonly epoch: bigint;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Annotation of the Lease: the epoch of its newest leader. */
const epochAnnotation = "sealane.dev/epoch";

/** Parses a Lease. An epoch that is no number counts as none. */
export const parseLease: Parse<Lease> = (object) =>
  parseObject("Lease", object, ({ spec, ...parts }) => {
    const epoch = parts.annotations[epochAnnotation] ?? "";
    const seconds = spec["leaseDurationSeconds"];
    return {
      namespace: parts.namespace,
      name: parts.name,
      uid: parts.uid,
      resourceVersion: parts.resourceVersion,
      holder: optionalText(spec["holderIdentity"], "spec.holderIdentity"),
      durationMs: seconds === undefined ? 0 : integer(seconds, "spec.leaseDurationSeconds") * 1_000,
      acquiredAtMs: Date.parse(optionalText(spec["acquireTime"], "spec.acquireTime")) || 0,
      transitions:
        spec["leaseTransitions"] === undefined
          ? 0
          : integer(spec["leaseTransitions"], "spec.leaseTransitions"),
      epoch: /^[0-9]{1,18}$/.test(epoch) ? BigInt(epoch) : 0n,
      labels: parts.labels,
      annotations: parts.annotations,
    };
  });

/** What a Lease should say. */
export interface LeaseContent {
  /** The version that this is decided on; absent to create. */
  readonly held: Lease | undefined;
  readonly namespace: string;
  readonly name: string;
  readonly holder: string;
  readonly leaseMs: number;
  readonly acquiredAtMs: number;
  readonly renewedAtMs: number;
  readonly transitions: number;
  readonly epoch: bigint;
}

/** The body to write. */
export function leaseBody(content: LeaseContent): object {
  const { held } = content;
  return {
    apiVersion: apiVersion(resources.leases),
    kind: resources.leases.kind,
    metadata: {
      namespace: content.namespace,
      name: content.name,
      labels: { ...held?.labels, ...ownedLabels },
      annotations: {
        ...held?.annotations,
        ...ownedAnnotations,
        [epochAnnotation]: content.epoch.toString(),
      },
      ...(held === undefined ? {} : { resourceVersion: held.resourceVersion }),
    },
    spec: {
      holderIdentity: content.holder,
      leaseDurationSeconds: Math.max(1, Math.round(content.leaseMs / 1_000)),
      acquireTime: microTime(content.acquiredAtMs),
      renewTime: microTime(content.renewedAtMs),
      leaseTransitions: content.transitions,
    },
  };
}

/** metav1.MicroTime: RFC 3339 with six decimals. */
function microTime(unixMs: number): string {
  return new Date(unixMs).toISOString().replace("Z", "000Z");
}
