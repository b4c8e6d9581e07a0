// Holds the manifests to what they promise: no more privilege than is listed here, probes and requests
// everywhere, and every permission with its reason. It asks no API server.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { lastGoodSecretNames } from "../../agents/cluster/src/link/last-good-read.ts";
import { agentSecretName, joinSecretName } from "../../agents/cluster/src/link/membership.ts";

const folder = import.meta.dirname;
const texts = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith(".yaml") && name !== "kustomization.yaml")
    .map((name) => [name, readFileSync(join(folder, name), "utf8")]),
);
const objects = [...texts.values()].flatMap((text) =>
  parseAllDocuments(text).map((document) => document.toJS()),
);
const kustomization = parse(readFileSync(join(folder, "kustomization.yaml"), "utf8"));

const podSpecs: readonly [string, any][] = objects
  .filter((object) => object.kind === "Deployment" || object.kind === "DaemonSet")
  .map((object) => [object.metadata.name, object.spec.template.spec]);
const containers: readonly [string, any, any][] = podSpecs.flatMap(([name, spec]) =>
  [...(spec.initContainers ?? []), ...spec.containers].map((container): [string, any, any] => [
    `${name}/${container.name}`,
    container,
    spec,
  ]),
);

test("the kustomization has every file, and images of this version", () => {
  expect(kustomization.resources.toSorted()).toEqual([...texts.keys()].toSorted());
  const { version } = JSON.parse(readFileSync(join(folder, "../../package.json"), "utf8"));
  expect(kustomization.images.find((image: any) => image.name === "sealane").newTag).toBe(version);
});

describe.each(containers)("container %s", (name, container, spec) => {
  test("runs with what the restricted profile allows, the speaker apart", () => {
    const security = { ...spec.securityContext, ...container.securityContext };
    expect(security).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(security.privileged).toBeUndefined();
    const isSpeaker = name === "sealane-speaker/speaker";
    expect(security.capabilities).toEqual(
      isSpeaker ? { drop: ["ALL"], add: ["DAC_OVERRIDE"] } : { drop: ["ALL"] },
    );
    expect([security.runAsUser, security.runAsNonRoot]).toEqual(isSpeaker ? [0, undefined] : [65532, true]);
  });

  test("says what it needs, and uses an image that the kustomization names", () => {
    expect(container.resources.requests).toHaveProperty("cpu");
    expect(container.resources.requests).toHaveProperty("memory");
    expect(container.resources.limits).toHaveProperty("memory");
    expect(kustomization.images.map((image: any) => image.name)).toContain(container.image);
  });

  test("has a liveness probe unless it runs once", () => {
    const once = spec.initContainers?.includes(container) ?? false;
    expect(container.livenessProbe?.httpGet === undefined).toBe(once);
  });
});

test("only the speaker mounts folders of the node", () => {
  const mounted = podSpecs.flatMap(([name, spec]) =>
    (spec.volumes ?? []).flatMap((volume: any) =>
      volume.hostPath ? [`${name} ${volume.hostPath.path}`] : [],
    ),
  );
  expect(mounted).toEqual([
    "sealane-speaker /var/lib/sealane",
    "sealane-speaker /run/sealane",
    "sealane-speaker /run/bird",
  ]);
});

test("no permission has a wildcard, and the speaker has none at all", () => {
  const rules = objects.flatMap((object) => (object.kind.endsWith("Role") ? object.rules : []));
  expect(rules.length).toBeGreaterThan(10);
  for (const rule of rules) {
    expect([...rule.apiGroups, ...rule.resources, ...rule.verbs].join(" ")).not.toContain("*");
  }
  const subjects = objects.flatMap((object) => object.subjects ?? []).map((subject: any) => subject.name);
  expect([...new Set(subjects)].toSorted()).toEqual(["mesh-dns", "sealane-agent"]);
});

test("the agent may read and replace the Secrets that are its own, by name, and no others", () => {
  const role = objects.find((object) => object.kind === "Role" && object.metadata.name === "sealane-agent");
  const rules = role.rules.filter((rule: any) => rule.resources.includes("secrets"));
  const named = (verb: string) =>
    rules
      .filter((rule: any) => rule.verbs.includes(verb))
      .flatMap((rule: any) => rule.resourceNames ?? ["any"]);
  const own = [agentSecretName, "sealane-agent-listener", ...lastGoodSecretNames()];
  expect(named("get").toSorted()).toEqual([...own, joinSecretName].toSorted());
  expect(named("update").toSorted()).toEqual(own.toSorted());
  expect(rules.some((rule: any) => rule.verbs.includes("list") || rule.verbs.includes("watch"))).toBe(false);
});

test("every permission has a comment that says why", () => {
  const unexplained = [...texts].flatMap(([name, text]) => {
    const lines = text.split("\n");
    return lines.flatMap((line, at) =>
      /^ {2}- apiGroups:/.test(line) && !/^ {2}#/.test(lines[at - 1] ?? "") ? [`${name}:${at + 1}`] : [],
    );
  });
  expect(unexplained).toEqual([]);
});
