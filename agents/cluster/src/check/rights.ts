// What the agent may do in its cluster, as its manifests grant it: the list that is asked for one by one. A test
// holds it equal to deploy/manifests/agent-access.yaml.

/** One right, in the words of RBAC. */
export interface Right {
  readonly verb: string;
  /** Empty for the core group. */
  readonly group: string;
  readonly resource: string;
  /** Empty when none. */
  readonly subresource: string;
  /** Empty for all. */
  readonly namespace: string;
  /** Empty for any. */
  readonly name: string;
}

interface Rule {
  readonly group?: string;
  /** `resource`, or `resource/subresource`. */
  readonly resources: readonly string[];
  readonly names?: readonly string[];
  readonly verbs: readonly string[];
}

const write = ["get", "list", "watch", "create", "update", "delete"];
const api = "multicluster.x-k8s.io";

/** Everywhere. */
const clusterRules: readonly Rule[] = [
  { resources: ["nodes", "namespaces"], verbs: ["list", "watch"] },
  { resources: ["namespaces"], names: ["sealane-system"], verbs: ["get"] },
  { group: "networking.k8s.io", resources: ["servicecidrs"], verbs: ["list", "watch"] },
  { group: "networking.k8s.io", resources: ["ipaddresses"], verbs: ["get", "delete"] },
  { resources: ["services"], verbs: write },
  { group: "discovery.k8s.io", resources: ["endpointslices"], verbs: write },
  { group: api, resources: ["serviceexports"], verbs: ["get", "list", "watch", "create", "delete"] },
  { group: api, resources: ["serviceexports/status", "serviceimports/status"], verbs: ["patch"] },
  { group: api, resources: ["serviceimports"], verbs: write },
  {
    group: "apiextensions.k8s.io",
    resources: ["customresourcedefinitions"],
    names: ["serviceexports.multicluster.x-k8s.io"],
    verbs: ["get"],
  },
  { group: "about.k8s.io", resources: ["clusterproperties"], verbs: ["list", "watch", "create"] },
  {
    group: "about.k8s.io",
    resources: ["clusterproperties"],
    names: ["cluster.clusterset.k8s.io", "clusterset.k8s.io"],
    verbs: ["update", "delete"],
  },
  { group: "events.k8s.io", resources: ["events"], verbs: ["create", "patch"] },
  { group: "authentication.k8s.io", resources: ["tokenreviews"], verbs: ["create"] },
];

/** Secrets that are the agent's own. */
const ownSecrets: readonly string[] = [
  "sealane-agent",
  "sealane-agent-listener",
  "sealane-last-good",
  ...Array.from({ length: 8 }, (_, part) => `sealane-last-good-${part + 1}`),
];

/** In the agent's own namespace. */
const ownRules: readonly Rule[] = [
  { resources: ["secrets"], names: ["sealane-join"], verbs: ["get"] },
  { resources: ["secrets"], names: ownSecrets, verbs: ["get", "update", "delete"] },
  {
    resources: ["configmaps"],
    names: ["sealane-agent-ca", "mesh-dns-front", "mesh-dns-peers"],
    verbs: ["get", "list", "watch", "patch", "delete"],
  },
  {
    group: "coordination.k8s.io",
    resources: ["leases"],
    names: ["sealane-agent"],
    verbs: ["get", "list", "watch", "update"],
  },
  { resources: ["secrets", "configmaps"], verbs: ["create"] },
  { group: "coordination.k8s.io", resources: ["leases"], verbs: ["create"] },
];

/** Beside the cluster's own CoreDNS. */
const dnsRules: readonly Rule[] = [
  { resources: ["configmaps"], names: ["coredns"], verbs: ["get", "list", "watch", "patch"] },
  { group: "apps", resources: ["deployments"], names: ["coredns"], verbs: ["get"] },
];

/** Every right of an agent whose own namespace is this one, each once. */
export function agentRights(namespace: string): readonly Right[] {
  return [
    ...clusterRules.flatMap((rule) => expand(rule, "")),
    ...ownRules.flatMap((rule) => expand(rule, namespace)),
    ...dnsRules.flatMap((rule) => expand(rule, "kube-system")),
  ];
}

function expand({ group = "", resources, names = [""], verbs }: Rule, namespace: string): readonly Right[] {
  return resources.flatMap((given) => {
    const [resource = "", subresource = ""] = given.split("/");
    return names.flatMap((name) =>
      verbs.map((verb) => ({ verb, group, resource, subresource, namespace, name })),
    );
  });
}

/** `patch serviceexports/status.multicluster.x-k8s.io`, with the name and the namespace where there are any. */
export function rightText({ verb, group, resource, subresource, namespace, name }: Right): string {
  const path = subresource === "" ? resource : `${resource}/${subresource}`;
  const what = group === "" ? path : `${path}.${group}`;
  const one = name === "" ? "" : ` ${name}`;
  return `${verb} ${what}${one}${namespace === "" ? "" : ` in ${namespace}`}`;
}
