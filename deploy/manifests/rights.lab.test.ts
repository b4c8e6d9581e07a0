// The manifests on a real API server: it takes them, and lets agent, speaker and mesh-dns do what they must and
// nothing else that is tried here.

import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startApiServers } from "../../test/bench/api-servers.ts";
import type { ApiServers } from "../../test/bench/api-servers.ts";
import { goProgram } from "../../test/lab/cache/go-programs.ts";
import { run, waitUntil } from "../../test/lab/index.ts";

const deploy = join(import.meta.dirname, "..");
const agent = "system:serviceaccount:sealane-system:sealane-agent";
const speaker = "system:serviceaccount:sealane-system:sealane-speaker";
const meshDns = "system:serviceaccount:sealane-system:mesh-dns";

let servers: ApiServers;
let program = "";

/** Runs kubectl as somebody, or as the administrator, and gives its exit status and all that it said. */
async function kubectl(who: string | undefined, argv: readonly string[], input?: object): Promise<string> {
  const [server] = servers.servers;
  const as = who === undefined ? [] : [`--as=${who}`];
  const { status, stdout, stderr } = await run(
    [program, `--kubeconfig=${server?.kubeconfig}`, ...as, ...argv],
    input === undefined ? {} : { input: JSON.stringify(input) },
  );
  return `${status} ${stdout}${stderr}`;
}

const service = (name: string, labels: object) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "default", labels },
  spec: { ports: [{ port: 80 }] },
});
const owned = { "app.kubernetes.io/managed-by": "sealane" };
const refusal = "the agent touches only objects with the label app.kubernetes.io/managed-by=sealane";

beforeAll(async () => {
  program = await goProgram("kubectl");
  servers = await startApiServers(["rights"]);
});

afterAll(() => servers?.close());

describe("what is applied", () => {
  test.each(["crds", "manifests"])(
    "the API server takes deploy/%s, and again without a change",
    async (folder) => {
      const argv = ["apply", "--server-side", `--kustomize=${join(deploy, folder)}`];
      expect(await kubectl(undefined, argv)).toMatch(/^0 /);
      expect(await kubectl(undefined, argv)).toMatch(/^0 /);
    },
  );

  test("the API server takes the example", async () => {
    const argv = ["apply", "--server-side", `--filename=${join(deploy, "examples/web.yaml")}`];
    await waitUntil({ what: "ServiceExports to be served", timeoutMs: 30_000 }, async () =>
      (await kubectl(undefined, argv)).startsWith("0 "),
    );
    const got = await kubectl(undefined, ["get", "svcex", "web", "--output=jsonpath={.apiVersion}"]);
    expect(got).toBe("0 multicluster.x-k8s.io/v1beta1");
  });
});

describe("what the agent may do", () => {
  test("it makes, changes and deletes a Service of its own, and no other", async () => {
    // The API server takes a new policy into account a moment after it was written.
    await waitUntil({ what: "the admission policy to act", timeoutMs: 30_000 }, async () => {
      const said = await kubectl(agent, ["create", "--dry-run=server", "--filename=-"], service("probe", {}));
      return said.includes(refusal);
    });
    expect(await kubectl(agent, ["create", "--filename=-"], service("ours", owned))).toMatch(/^0 /);
    expect(await kubectl(agent, ["create", "--filename=-"], service("theirs", {}))).toContain(refusal);
    expect(await kubectl(agent, ["replace", "--filename=-"], service("ours", {}))).toContain(refusal);
    expect(await kubectl(agent, ["replace", "--filename=-"], service("web", owned))).toContain(refusal);
    expect(await kubectl(agent, ["delete", "service", "web"])).toContain(refusal);
    expect(await kubectl(agent, ["delete", "service", "ours"])).toMatch(/^0 /);
  });

  test("it puts its label back where somebody took it off, and leaves alone what has neither of its marks", async () => {
    const marked = (labels: object) => {
      const made = service("relabelled", labels);
      return {
        ...made,
        metadata: { ...made.metadata, annotations: { "sealane.dev/owner": "sealane-agent" } },
      };
    };
    expect(await kubectl(undefined, ["create", "--filename=-"], marked({}))).toMatch(/^0 /);
    expect(await kubectl(agent, ["replace", "--filename=-"], marked({}))).toContain(refusal);
    expect(await kubectl(agent, ["replace", "--filename=-"], marked(owned))).toMatch(/^0 /);
    expect(await kubectl(agent, ["delete", "service", "relabelled"])).toMatch(/^0 /);
  });

  test("it says who the cluster is, and leaves alone what somebody else said (MCS 3)", async () => {
    const property = (name: string, labels: object) => ({
      apiVersion: "about.k8s.io/v1beta1",
      kind: "ClusterProperty",
      metadata: { name, labels },
      spec: { value: "a" },
    });
    const [ours, theirs] = ["clusterset.k8s.io", "cluster.clusterset.k8s.io"];
    expect(await kubectl(agent, ["create", "--filename=-"], property(ours, owned))).toMatch(/^0 /);
    expect(await kubectl(agent, ["create", "--filename=-"], property("unmarked", {}))).toContain(refusal);
    expect(await kubectl(undefined, ["create", "--filename=-"], property(theirs, {}))).toMatch(/^0 /);
    expect(await kubectl(agent, ["delete", "clusterproperty", theirs])).toContain(refusal);
    expect(await kubectl(agent, ["delete", "clusterproperty", ours])).toMatch(/^0 /);
  });

  test("it frees an address that a Service of its own left behind, and no other (MCS 21)", async () => {
    const kept = (address: string, name: string) => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "IPAddress",
      metadata: { name: address },
      spec: { parentRef: { group: "", resource: "services", namespace: "default", name } },
    });
    const [ours, theirs] = ["10.250.0.77", "10.250.0.78"];
    expect(await kubectl(undefined, ["create", "--filename=-"], kept(ours, "sealane-0a1b"))).toMatch(/^0 /);
    expect(await kubectl(undefined, ["create", "--filename=-"], kept(theirs, "web"))).toMatch(/^0 /);
    await waitUntil({ what: "the admission policy to act", timeoutMs: 30_000 }, async () => {
      const said = await kubectl(agent, ["delete", "ipaddress", theirs, "--dry-run=server"]);
      return said.includes("the agent frees only addresses of Services that it made for imports");
    });
    expect(await kubectl(agent, ["delete", "ipaddress", ours])).toMatch(/^0 /);
    expect(await kubectl(undefined, ["delete", "ipaddress", theirs])).toMatch(/^0 /);
  });

  test("the policy concerns nobody else", async () => {
    expect(await kubectl(undefined, ["create", "--filename=-"], service("anybodys", {}))).toMatch(/^0 /);
  });

  test.each([
    ["get", "secrets/sealane-join", "sealane-system"],
    ["update", "secrets/sealane-agent", "sealane-system"],
    ["patch", "configmaps/mesh-dns-peers", "sealane-system"],
    ["patch", "configmaps/coredns", "kube-system"],
    ["watch", "configmaps/coredns", "kube-system"],
    ["delete", "configmaps/mesh-dns-peers", "sealane-system"],
    ["delete", "secrets/sealane-agent-listener", "sealane-system"],
    ["update", "clusterproperties.about.k8s.io/clusterset.k8s.io", "default"],
    ["patch", "serviceexports.multicluster.x-k8s.io/web --subresource=status", "default"],
    ["create", "serviceexports.multicluster.x-k8s.io", "default"],
    ["get", "customresourcedefinitions.apiextensions.k8s.io/serviceexports.multicluster.x-k8s.io", "default"],
    ["delete", "serviceexports.multicluster.x-k8s.io/web", "default"],
  ])("it may %s %s in %s", async (verb, what, namespace) => {
    const argv = ["auth", "can-i", verb, ...what.split(" "), `--namespace=${namespace}`];
    // A kind without namespaces is warned about.
    expect(await kubectl(agent, argv)).toMatch(/^0 yes\n/);
  });

  test.each([
    ["list", "secrets", "sealane-system"],
    ["create", "ipaddresses.networking.k8s.io", "default"],
    ["get", "secrets/anybodys", "sealane-system"],
    ["get", "secrets/anybodys", "default"],
    ["update", "configmaps/anybodys", "sealane-system"],
    ["create", "configmaps", "default"],
    ["patch", "configmaps/kube-proxy", "kube-system"],
    ["delete", "configmaps/coredns", "kube-system"],
    ["delete", "secrets/sealane-join", "sealane-system"],
    ["update", "serviceexports.multicluster.x-k8s.io/web", "default"],
    ["create", "pods", "sealane-system"],
    ["update", "nodes", "default"],
    ["update", "clusterproperties.about.k8s.io/anybodys", "default"],
    ["get", "customresourcedefinitions.apiextensions.k8s.io", "default"],
    ["create", "customresourcedefinitions.apiextensions.k8s.io", "default"],
    ["escalate", "clusterroles", "default"],
  ])("it may not %s %s in %s", async (verb, what, namespace) => {
    const argv = ["auth", "can-i", verb, what, `--namespace=${namespace}`];
    expect(await kubectl(agent, argv)).toMatch(/^1 no/m);
  });
});

describe("what the others may do", () => {
  test.each([
    ["list", "services", meshDns, "0 yes"],
    ["watch", "serviceimports.multicluster.x-k8s.io", meshDns, "0 yes"],
    ["watch", "configmaps/mesh-dns-front", meshDns, "0 yes"],
    ["list", "pods", meshDns, "1 no"],
    ["get", "secrets/sealane-join", meshDns, "1 no"],
    ["create", "services", meshDns, "1 no"],
    ["get", "nodes", speaker, "1 no"],
    ["get", "configmaps/sealane-agent-ca", speaker, "1 no"],
  ])("%s %s as %s: %s", async (verb, what, who, want) => {
    const said = await kubectl(who, ["auth", "can-i", verb, what, "--namespace=sealane-system"]);
    expect(said.startsWith(want)).toBe(true);
  });
});
