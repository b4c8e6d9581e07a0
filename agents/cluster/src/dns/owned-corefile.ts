// Writes Corefiles into ConfigMaps: our own two whole, the operator's by adding our stub. Refuses objects of
// somebody else, and never writes over what it has not read.

import { hasStatus } from "../kube/error.ts";
import { isOwned, ownedAnnotations, ownedLabels } from "../kube/ownership.ts";
import type { ConfigMapAccess, ConfigMapName } from "./config-maps.ts";
import { corefileKey } from "./config-maps.ts";
import type { Placed, TextEdit } from "./placed.ts";
import type { DnsFinding, DnsReason } from "./findings.ts";
import type { Refusal, StubWish } from "./stub.ts";
import { withStub, withoutStub } from "./stub.ts";

/** Attempts of one write when somebody else writes the same object at the same time. */
const attemptsMax = 5;

/** Where texts go, and who hears of those that somebody else had changed. */
export interface CorefilePorts {
  readonly configMaps: ConfigMapAccess;
  readonly placed?: Placed;
  readonly onRepaired?: (edit: TextEdit) => void;
}

/** Makes one of our ConfigMaps hold `text`. The finding says why it does not. */
export function writeOwned(
  ports: CorefilePorts,
  name: ConfigMapName,
  text: string,
): Promise<DnsFinding | undefined> {
  const { configMaps: access } = ports;
  return attempted(name, "WriteFailed", async () => {
    const found = await access.readConfigMap(name);
    if (found !== undefined && !isOwned(found)) {
      return finding(name, "ObjectNotOurs", "it has no sealane.dev/owner=sealane-agent; rename or delete it");
    }
    const before = found?.data[corefileKey];
    if (before === text) {
      ports.placed?.note(name, text, text);
      return undefined;
    }
    const write = {
      ...name,
      data: { [corefileKey]: text },
      labels: ownedLabels,
      annotations: ownedAnnotations,
    };
    const outcome = await access.writeConfigMap({ ...write, resourceVersion: found?.resourceVersion });
    if (outcome === "written")
      settle(ports, { name, uid: found?.uid ?? "" }, { own: text, whole: text, found: before });
    return outcome;
  });
}

/** Makes the cluster's own Corefile hold our stub. The finding says why it does not. */
export function writeStub(
  ports: CorefilePorts,
  name: ConfigMapName,
  wish: StubWish,
): Promise<DnsFinding | undefined> {
  const { configMaps: access } = ports;
  // An operator who does not let us near it adds the stub himself.
  return attempted(name, "ClusterDnsUnknown", async () => {
    const found = await access.readConfigMap(name);
    const corefile = found?.data[corefileKey];
    if (found === undefined || corefile === undefined) {
      return finding(name, "ClusterDnsUnknown", `there is no such ConfigMap with a key "${corefileKey}"`);
    }
    const stubbed = withStub(corefile, wish);
    if ("problem" in stubbed) return finding(name, refusalReasons[stubbed.cause], stubbed.problem);
    const own = stubbed.block.wanted ?? "";
    if (!stubbed.changed) {
      ports.placed?.note(name, own, stubbed.text);
      return undefined;
    }
    const write = { ...name, data: { [corefileKey]: stubbed.text }, labels: {}, annotations: {} };
    const outcome = await access.writeConfigMap({ ...write, resourceVersion: found.resourceVersion });
    if (outcome === "written")
      settle(ports, { name, uid: found.uid }, { own, whole: stubbed.text, found: stubbed.block.found });
    return outcome;
  });
}

/** Remembers what was written, and tells when it only put back what somebody else had changed. */
function settle(
  { placed, onRepaired }: CorefilePorts,
  { name, uid }: { readonly name: ConfigMapName; readonly uid: string },
  text: { readonly own: string; readonly whole: string; readonly found: string | undefined },
): void {
  const field = placed?.edited(name, text.own, text.found);
  placed?.note(name, text.own, text.whole);
  if (field !== undefined) onRepaired?.({ configMap: name, uid, field });
}

/** Takes our stub out of the cluster's own Corefile. The finding says why it is still there. */
export function removeStub(
  access: ConfigMapAccess,
  name: ConfigMapName,
  meshZone: string,
): Promise<DnsFinding | undefined> {
  return attempted(name, "ClusterDnsUnknown", async () => {
    const found = await access.readConfigMap(name);
    const corefile = found?.data[corefileKey];
    if (found === undefined || corefile === undefined) return undefined;
    const bare = withoutStub(corefile, meshZone);
    if ("problem" in bare) return finding(name, refusalReasons[bare.cause], bare.problem);
    if (!bare.changed) return undefined;
    const write = { ...name, data: { [corefileKey]: bare.text }, labels: {}, annotations: {} };
    return access.writeConfigMap({ ...write, resourceVersion: found.resourceVersion });
  });
}

const refusalReasons: Record<Refusal["cause"], DnsReason> = {
  foreign: "ZoneForeign",
  unreadable: "CorefileUnreadable",
  wish: "NamesUnknown",
};

async function attempted(
  name: ConfigMapName,
  forbidden: DnsReason,
  attempt: () => Promise<DnsFinding | "written" | "conflict" | undefined>,
): Promise<DnsFinding | undefined> {
  try {
    for (let attempts = 0; attempts < attemptsMax; attempts += 1) {
      const outcome = await attempt();
      if (outcome === "conflict") continue;
      return outcome === "written" ? undefined : outcome;
    }
    return finding(
      name,
      "WriteFailed",
      `somebody else changed it ${attemptsMax} times while it was being written`,
    );
  } catch (error) {
    if (hasStatus(error, 403)) return finding(name, forbidden, error.message);
    return finding(name, "WriteFailed", error instanceof Error ? error.message : String(error));
  }
}

function finding({ namespace, name }: ConfigMapName, reason: DnsReason, problem: string): DnsFinding {
  return { subject: `${namespace}/${name}`, reason, message: `ConfigMap "${namespace}/${name}": ${problem}` };
}
