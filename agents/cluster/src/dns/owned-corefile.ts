// Writes Corefiles into ConfigMaps: our own two whole, the operator's by adding our stub. Refuses objects of
// somebody else, and never writes over what it has not read.

import { hasStatus } from "../kube/error.ts";
import { isOwned, ownedAnnotations, ownedLabels } from "../kube/ownership.ts";
import type { ConfigMapAccess, ConfigMapName } from "./config-maps.ts";
import { corefileKey } from "./config-maps.ts";
import type { DnsFinding, DnsReason } from "./findings.ts";
import type { Refusal, StubWish } from "./stub.ts";
import { withStub } from "./stub.ts";

/** Attempts of one write when somebody else writes the same object at the same time. */
const attemptsMax = 5;

/** Makes one of our ConfigMaps hold `text`. The finding says why it does not. */
export function writeOwned(
  access: ConfigMapAccess,
  name: ConfigMapName,
  text: string,
): Promise<DnsFinding | undefined> {
  return attempted(name, "WriteFailed", async () => {
    const found = await access.readConfigMap(name);
    if (found !== undefined && !isOwned(found)) {
      return finding(name, "ObjectNotOurs", "it has no sealane.dev/owner=sealane-agent; rename or delete it");
    }
    if (found?.data[corefileKey] === text) return undefined;
    const write = {
      ...name,
      data: { [corefileKey]: text },
      labels: ownedLabels,
      annotations: ownedAnnotations,
    };
    return access.writeConfigMap({ ...write, resourceVersion: found?.resourceVersion });
  });
}

/** Makes the cluster's own Corefile hold our stub. The finding says why it does not. */
export function writeStub(
  access: ConfigMapAccess,
  name: ConfigMapName,
  wish: StubWish,
): Promise<DnsFinding | undefined> {
  // An operator who does not let us near it adds the stub himself.
  return attempted(name, "ClusterDnsUnknown", async () => {
    const found = await access.readConfigMap(name);
    const corefile = found?.data[corefileKey];
    if (found === undefined || corefile === undefined) {
      return finding(name, "ClusterDnsUnknown", `there is no such ConfigMap with a key "${corefileKey}"`);
    }
    const stubbed = withStub(corefile, wish);
    if ("problem" in stubbed) return finding(name, refusalReasons[stubbed.cause], stubbed.problem);
    if (!stubbed.changed) return undefined;
    const write = { ...name, data: { [corefileKey]: stubbed.text }, labels: {}, annotations: {} };
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
