// What is looked at of a cluster, as one value, and everything that is judged of it. Pure; observe.ts fills it.

import type { CheckResult } from "@sealane/core";
import { clockOffsetSecondsMax, notMade, well, wrong } from "@sealane/core";
import type { NamesReport } from "../dns/publish.ts";
import type { CertificateLife } from "./judge-hub.ts";
import { judgeCertificate, judgeHub } from "./judge-hub.ts";
import type { HubState } from "./judge-hub.ts";
import type { ApiGroup } from "./judge-definitions.ts";
import { judgeDefinitions } from "./judge-definitions.ts";
import { judgeNames } from "./judge-names.ts";
import type { CorefileState } from "./judge-stub.ts";
import { dnsAnswers, judgeStub } from "./judge-stub.ts";
import type { Right } from "./rights.ts";
import { rightText } from "./rights.ts";

/** What was seen, or why nothing could be seen. */
export type Seen<T> =
  | { readonly known: true; readonly value: T }
  | { readonly known: false; readonly why: string };

/** A right and the API server's word on it. */
export interface ReviewedRight {
  readonly right: Right;
  readonly allowed: boolean;
}

/** Everything about one cluster. Undefined parts are none of this look's business. */
export interface ClusterCheckState {
  readonly rights: Seen<readonly ReviewedRight[]>;
  /** By version; undefined for one that is not served. */
  readonly definitions: Seen<ReadonlyMap<string, ApiGroup | undefined>>;
  readonly corefile: Seen<CorefileState>;
  readonly names: NamesReport | undefined;
  readonly hub: readonly HubState[];
  readonly certificate: CertificateLife | undefined;
  /** The hub's clock minus this one's, seconds; undefined while unmeasured. */
  readonly clockOffsetSeconds: number | undefined;
}

/** Every check of a cluster, always in this order. `nowUnixMs` is the agent's clock. */
export function judgeCluster(state: ClusterCheckState, nowUnixMs: number): readonly CheckResult[] {
  const { rights, definitions, corefile, names, hub, certificate, clockOffsetSeconds } = state;
  return [
    ...known("permissions", rights, (value) => judgeRights(value, names)),
    ...known("definitions", definitions, judgeDefinitions),
    ...(corefile.known || !dnsAnswers(names)
      ? known("Corefile", corefile, (value) => judgeStub(value, names))
      : []),
    ...(names === undefined ? [] : judgeNames(names)),
    ...judgeHub(hub),
    ...(certificate === undefined ? [] : [judgeCertificate(certificate, nowUnixMs)]),
    ...judgeClock(clockOffsetSeconds),
  ];
}

function known<T>(
  subject: string,
  seen: Seen<T>,
  judge: (value: T) => readonly CheckResult[],
): readonly CheckResult[] {
  return seen.known ? judge(seen.value) : [notMade(subject, seen.why)];
}

/** Rights that are named one by one. */
const namedMax = 8;

/** Where a person forwards the mesh's zones by hand, the agent needs nothing beside the cluster's own DNS. */
function judgeRights(
  reviewed: readonly ReviewedRight[],
  names: NamesReport | undefined,
): readonly CheckResult[] {
  const subject = "permissions";
  const missing = reviewed
    .filter(({ allowed, right }) => !allowed && !(right.namespace === "kube-system" && dnsAnswers(names)))
    .map(({ right }) => rightText(right));
  if (missing.length === 0) return [well(subject, `all ${reviewed.length} are granted`)];
  const more = missing.length > namedMax ? ` and ${missing.length - namedMax} more` : "";
  const named = missing.slice(0, namedMax).join(", ");
  return [
    wrong(
      subject,
      "PermissionMissing",
      `${missing.length} of ${reviewed.length} are not granted: ${named}${more}`,
    ),
  ];
}

function judgeClock(offsetSeconds: number | undefined): readonly CheckResult[] {
  if (offsetSeconds === undefined) return [];
  const subject = "clock";
  const apart = Math.abs(offsetSeconds);
  const said = `${apart.toFixed(3)} s ${offsetSeconds < 0 ? "ahead of" : "behind"} the hub's`;
  if (apart <= clockOffsetSecondsMax) return [well(subject, `is ${said}`)];
  const limit = `at most ${clockOffsetSecondsMax} s do no harm`;
  return [wrong(subject, "ClockOffset", `the clock of the agent's node is ${said}; ${limit}`)];
}
