// Hands that edit what Sealane owns, each with where to look whether it was put back, and what was told of it.

import { expect } from "vitest";
import { outputOn } from "../lab/index.ts";
import type { LabCluster, Machine } from "../lab/index.ts";
import { invokeSealane } from "../lab/sealane/cli.ts";
import { kubectl, kubectlJson, shop } from "./story.ts";

/** One edit of something that Sealane owns. */
export interface Edit {
  readonly what: string;
  /** What the Event must name beside the object. */
  readonly field: RegExp;
  readonly object: RegExp;
  readonly cluster: () => LabCluster;
  readonly edit: () => Promise<unknown>;
  /** What is looked at: it must be after the repair what it was before the edit. */
  readonly look: () => Promise<string>;
}

interface Condition {
  readonly type: string;
}

/** Where hands edit: `a` exports the service `name`, `b` imports it, `node` is one of b's. */
export interface Place {
  readonly a: LabCluster;
  readonly b: LabCluster;
  readonly node: Machine;
}

/** Hands that edit and delete objects of the importing cluster. */
export function handsOnObjects(place: () => Place) {
  function edited(
    kind: string,
    of: () => string | Promise<string>,
    patch: object,
    field: RegExp,
    path: string,
  ): Edit {
    return {
      what: `${kind}, edited (${Object.keys(patch).join()}: ${field.source})`,
      field,
      object: new RegExp(`${kind} ${shop}/`, "i"),
      cluster: () => place().b,
      edit: async () =>
        kubectl(place().b, [
          "-n",
          shop,
          "patch",
          kind,
          await of(),
          "--type=merge",
          "-p",
          JSON.stringify(patch),
        ]),
      look: async () => get(place().b, kind, await of(), path),
    };
  }

  function deleted(kind: string, of: () => string | Promise<string>, path: string): Edit {
    return {
      what: `${kind}, deleted`,
      field: /was deleted and was made again/,
      object: new RegExp(`${kind} ${shop}/`, "i"),
      cluster: () => place().b,
      edit: async () => kubectl(place().b, ["-n", shop, "delete", kind, await of()]),
      look: async () => get(place().b, kind, await of(), path),
    };
  }

  return { edited, deleted };
}

/** Finds the objects of the service `name`, and edits the conditions of its export. */
export function objectsOf(place: () => Place, name: string) {
  /** Name of the derived Service of the import. */
  async function derived(): Promise<string> {
    const { items } = await kubectlJson<{
      items: { metadata: { name: string; annotations?: Record<string, string> } }[];
    }>(place().b, ["-n", shop, "get", "services"]);
    return (
      items.find(({ metadata }) => metadata.annotations?.["sealane.dev/service-import"] === name)?.metadata
        .name ?? ""
    );
  }

  /** Name of its first IPv4 slice. */
  async function slice(): Promise<string> {
    const labels = `multicluster.kubernetes.io/service-name=${name}`;
    const { items } = await kubectlJson<{ items: { metadata: { name: string }; addressType: string }[] }>(
      place().b,
      ["-n", shop, "get", "endpointslices", "-l", labels],
    );
    return (
      items
        .filter(({ addressType }) => addressType === "IPv4")
        .map(({ metadata }) => metadata.name)
        .toSorted()[0] ?? ""
    );
  }

  async function editCondition(change: (condition: Condition) => Condition | undefined): Promise<void> {
    const { status } = await kubectlJson<{ status: { conditions: Condition[] } }>(place().a, [
      "-n",
      shop,
      "get",
      "serviceexport",
      name,
    ]);
    const patch = JSON.stringify({
      status: { conditions: status.conditions.flatMap((each) => change(each) ?? []) },
    });
    await kubectl(place().a, [
      "-n",
      shop,
      "patch",
      "serviceexport",
      name,
      "--subresource=status",
      "--type=merge",
      "-p",
      patch,
    ]);
  }

  return { derived, slice, editCondition };
}

/** Hands that edit Corefiles in ConfigMaps, and files of a node. */
export function handsOnTexts(place: () => Place) {
  function corefile(
    what: string,
    namespace: string,
    of: string,
    field: RegExp,
    change: (text: string) => string,
  ): Edit {
    return {
      what,
      field,
      object: new RegExp(`ConfigMap ${namespace}/${of}`),
      cluster: () => place().b,
      edit: () => setCorefile(namespace, of, change),
      look: () => getCorefile(namespace, of),
    };
  }

  function file(what: string, path: string, field: RegExp, command: readonly string[]): Edit {
    return {
      what,
      field,
      object: /Node b1/,
      cluster: () => place().b,
      edit: () => outputOn(place().node, command),
      look: () => outputOn(place().node, ["cat", path]),
    };
  }

  async function getCorefile(namespace: string, of: string): Promise<string> {
    return kubectl(place().b, ["-n", namespace, "get", "configmap", of, "-o", "jsonpath={.data.Corefile}"]);
  }

  async function setCorefile(namespace: string, of: string, change: (text: string) => string): Promise<void> {
    const before = await getCorefile(namespace, of);
    const after = change(before);
    expect(after).not.toBe(before);
    const patch = JSON.stringify({ data: { Corefile: after } });
    await kubectl(place().b, ["-n", namespace, "patch", "configmap", of, "--type=merge", "-p", patch]);
  }

  return { corefile, file, getCorefile, setCorefile };
}

export function get(cluster: LabCluster, kind: string, of: string, path: string): Promise<string> {
  return kubectl(cluster, ["-n", shop, "get", kind, of, "-o", `jsonpath=${path}`]);
}

/** Notes of Events about repairs, each with how often it was told. */
export async function repairs(cluster: LabCluster): Promise<string[]> {
  const { items } = await kubectlJson<{
    items: { reason: string; note?: string; metadata: { name: string }; series?: { count: number } }[];
  }>(cluster, ["get", "events.events.k8s.io", "-A"]);
  return items.flatMap(({ reason, note, metadata, series }) =>
    reason === "EditedByHand" || reason === "EditedRepeatedly"
      ? [`${note ?? ""} [${metadata.name} x${series?.count ?? 1}]`]
      : [],
  );
}

/** What is amiss with a thing of a cluster, as the hub was told. */
interface ToldFinding {
  readonly subject: string;
  readonly reason: string;
  readonly message: string;
}

/** All findings that the hub has of a cluster. */
export async function findings(cluster: string): Promise<ToldFinding[]> {
  const { items } = JSON.parse((await invokeSealane(["get", "clusters", "-o", "json"])).stdout) as {
    items: { name: string; reports: { findings: ToldFinding[] }[] }[];
  };
  return items.find((it) => it.name === cluster)?.reports.flatMap((report) => report.findings) ?? [];
}
