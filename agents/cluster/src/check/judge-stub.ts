// The mesh's zones in the cluster's own Corefile: each served by exactly one block, and by one that asks mesh-dns.
// Pure; it repeats nothing of what the names' own report says.

import type { CheckResult } from "@sealane/core";
import { notMade, well, wrong } from "@sealane/core";
import type { Corefile, ServerBlock } from "../dns/corefile.ts";
import { parseCorefile } from "../dns/corefile.ts";
import type { NamesReport } from "../dns/publish.ts";
import { clustersetZone } from "../dns/zone.ts";

/** The Corefile, and what its blocks should say. */
export interface CorefileState {
  /** Undefined: there is no such ConfigMap. */
  readonly corefile: string | undefined;
  /** Undefined before the cluster has joined. */
  readonly meshZone: string | undefined;
  /** Addresses of the mesh-dns Service. */
  readonly meshDns: readonly string[];
}

/** One result for each zone; a cluster whose DNS answers is well, however it is made to. */
export function judgeStub(state: CorefileState, names: NamesReport | undefined): readonly CheckResult[] {
  const subject = "Corefile";
  if (state.corefile === undefined) {
    if (dnsAnswers(names)) return [];
    return [wrong(subject, "ClusterDnsUnknown", "there is no ConfigMap kube-system/coredns with a Corefile")];
  }
  const parsed = parseCorefile(state.corefile);
  if ("problem" in parsed) return [wrong(subject, "CorefileUnreadable", parsed.problem)];
  const { corefile, meshZone } = state;
  const zones = meshZone === undefined ? [clustersetZone] : [meshZone, clustersetZone];
  return zones.map((zone) => judgeZone({ ...state, corefile }, parsed, zone, names));
}

function judgeZone(
  { corefile, meshZone, meshDns }: CorefileState & { readonly corefile: string },
  parsed: Corefile,
  zone: string,
  names: NamesReport | undefined,
): CheckResult {
  const subject = `zone ${zone} in the Corefile`;
  const serving = parsed.blocks.filter(({ zones }) => zones.some((it) => it.zone === zone && it.port === 53));
  const lines = serving.map(({ start }) => `line ${corefile.slice(0, start).split("\n").length}`);
  if (serving.length > 1) {
    const message = `${serving.length} blocks serve ${zone} (${lines.join(", ")}); CoreDNS would not start with them`;
    return wrong(subject, "ZoneForeign", message);
  }
  const [block] = serving;
  if (block === undefined) return judgeAbsent(subject, zone, { parsed, meshZone, names });
  if (asksMeshDns(block, meshDns)) return well(subject, `one block (${lines.join()}) asks mesh-dns`);
  const where = meshDns.length === 0 ? "which has no address yet" : `at ${meshDns.join(", ")}`;
  const message = `the block of ${zone} (${lines.join()}) does not forward to mesh-dns, ${where}`;
  return wrong(subject, "ZoneForeign", message);
}

interface Absence {
  readonly parsed: Corefile;
  readonly meshZone: string | undefined;
  readonly names: NamesReport | undefined;
}

function judgeAbsent(subject: string, zone: string, { parsed, meshZone, names }: Absence): CheckResult {
  if (meshZone === undefined) return well(subject, "no block serves it yet");
  if (dnsAnswers(names)) return well(subject, "no block here serves it, and the cluster's DNS answers");
  if (parsed.imports.length > 0 && names === undefined)
    return notMade(subject, `the Corefile imports ${parsed.imports.join(", ")}, which are not seen`);
  return wrong(subject, "StubMissing", `no block of kube-system/coredns serves ${zone}`);
}

function asksMeshDns({ directives }: ServerBlock, meshDns: readonly string[]): boolean {
  const forwards = directives.filter(([plugin]) => plugin === "forward").flat();
  return meshDns.some((address) =>
    forwards.some(
      (word) => word === address || word.startsWith(`${address}:`) || word.startsWith(`[${address}]`),
    ),
  );
}

/** Whether the cluster's own DNS was last seen to answer the mesh's zone. */
export function dnsAnswers(names: NamesReport | undefined): boolean {
  if (names === undefined || names.generation === undefined) return false;
  return !names.findings.some(({ reason }) => reason === "ClusterDnsNotForwarding");
}
