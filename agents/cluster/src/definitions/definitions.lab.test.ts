// The command "definitions" against a real kube-apiserver that has what releases of the Multi-Cluster Services API
// installed there, each fetched from the Go module registry; and with the rights of the example's Job.

import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { startApiServers } from "../../../../test/bench/api-servers.ts";
import type { ApiServers } from "../../../../test/bench/api-servers.ts";
import { goProgram } from "../../../../test/lab/cache/go-programs.ts";
import { output, run, waitUntil } from "../../../../test/lab/index.ts";

const root = join(import.meta.dirname, "../../../..");
const imports = "serviceimports.multicluster.x-k8s.io";
const exports = "serviceexports.multicluster.x-k8s.io";
const properties = "clusterproperties.about.k8s.io";
const all = [properties, exports, imports];

/** Releases by the checksum by which the registry's answer is known to be them. */
const sums: Readonly<Record<string, string>> = {
  "v0.3.0": "h1:LjRvgzjMrvO1904GP6XBJSnIX221DJMyQlZOYt9LAnM=",
  "v0.4.1": "h1:rUygPnCZVS5xiZCzAi54Ngs9on6UQr7MNfx4uJXR2kA=",
  "v0.5.0": "h1:UMgKuFFIRVEy4LR2LQovPnBkV9rgmZMT+sJO7MkaVj4=",
  "v0.5.2": "h1:N+vrRiCIb0WJ0dxbBo7VfNv2WJigOHEo4gsLXpffVs8=",
};

let servers: ApiServers;
let program = "";
let admin = "";

async function kubectl(...argv: readonly string[]): Promise<string> {
  return output([program, `--kubeconfig=${admin}`, ...argv]);
}

/** The command's exit status and what it printed. */
async function definitions(
  argv: readonly string[] = [],
  kubeconfig = admin,
): Promise<{ status: number; said: string }> {
  const agent = join(root, "agents/cluster/src/main.ts");
  const { status, stdout, stderr } = await run([
    process.execPath,
    agent,
    "definitions",
    `--kubeconfig=${kubeconfig}`,
    ...argv,
  ]);
  return { status, said: `${stdout}${stderr}` };
}

async function present(): Promise<string[]> {
  const text = await kubectl("get", "crd", "--output=name");
  const names = text.split("\n").map((line) => line.replace(/^.*\//, ""));
  return names.filter((name) => all.includes(name));
}

/** Installs what a release of the API ships. */
async function installRelease(version: string): Promise<void> {
  const module = `sigs.k8s.io/mcs-api@${version}`;
  const download = JSON.parse(await output(["go", "mod", "download", "-json", module], { cwd: tmpdir() }));
  expect(download.Sum).toBe(sums[version]);
  for (const plural of ["serviceexports", "serviceimports"])
    await kubectl("create", `--filename=${download.Dir}/config/crd/multicluster.x-k8s.io_${plural}.yaml`);
  await kubectl("wait", "--for=condition=Established", `crd/${exports}`, `crd/${imports}`, "--timeout=30s");
}

async function versionsStored(name: string): Promise<string> {
  return kubectl("get", "crd", name, "--output=jsonpath={.status.storedVersions}");
}

beforeAll(async () => {
  program = await goProgram("kubectl");
  servers = await startApiServers(["definitions"]);
  admin = servers.servers[0]?.kubeconfig ?? "";
});

afterAll(() => servers?.close());

/** Kinds whose storage was never read are not deleted for minutes: see docs/design/lab.md. */
async function untilServed(names: readonly string[]): Promise<void> {
  await waitUntil({ what: `${names.join(", ")} to be listed`, timeoutMs: 30_000 }, async () => {
    if (names.length > 0) await kubectl("get", names.join(","), "--all-namespaces");
    return true;
  });
}

beforeEach(async () => {
  await untilServed(await present());
  await kubectl("delete", "crd", "--ignore-not-found", "--wait=false", ...all);
  let left = "";
  await waitUntil({ what: "the definitions to be gone", timeoutMs: 60_000 }, async () => {
    left = await kubectl("get", "crd", "--ignore-not-found", "--output=json", ...all);
    return left === "";
  }).catch((error: unknown) => {
    throw new Error(`what is left: ${left}`, { cause: error });
  });
});

describe("in a cluster without them", () => {
  test("a dry run makes none, then all are made, then all are left alone (MCS 61)", async () => {
    const dry = await definitions(["--dry-run"]);
    expect(dry).toEqual({
      status: 0,
      said:
        `${properties}: would be created (v0.1.0 revision 0)\n${exports}: would be created (v0.5.2 revision 0)\n` +
        `${imports}: would be created (v0.5.2 revision 0)\n`,
    });
    expect(await present()).toEqual([]);
    const made = await definitions();
    expect(made).toEqual({ status: 0, said: dry.said.replaceAll("would be ", "") });
    expect(await present()).toEqual(all);
    expect(await kubectl("get", "clusterproperties,serviceexports,serviceimports", "-A")).toBe("");
    const again = await definitions();
    expect(again.status).toBe(0);
    expect(
      again.said.match(/left alone: it is of .*, as ours is; it has all that Sealane needs/g),
    ).toHaveLength(3);
  });

  test("what deploy/crds applies as a folder is the same", async () => {
    await kubectl("apply", "--server-side", `--kustomize=${join(root, "deploy/crds")}`);
    expect((await definitions()).said.match(/as ours is/g)).toHaveLength(3);
  });
});

describe("in a cluster that has them from the API's own release", () => {
  test("v0.4.1 is brought up to date, and its objects are read on as v1beta1 (MCS 61)", async () => {
    await installRelease("v0.4.1");
    const old = {
      apiVersion: "multicluster.x-k8s.io/v1alpha1",
      kind: "ServiceExport",
      metadata: { name: "web" },
    };
    const file = join(servers.directory, "export.yaml");
    await writeFile(file, stringify(old));
    await kubectl("create", `--filename=${file}`);
    const { status, said } = await definitions();
    expect(status).toBe(0);
    for (const name of [exports, imports])
      expect(said).toContain(`${name}: updated from v0.4.1 revision 0 to v0.5.2 revision 0\n`);
    const fields = "--output=jsonpath={.apiVersion}/{.metadata.name}";
    await waitUntil(
      { what: "v1beta1 to be served", timeoutMs: 20_000 },
      async () => (await kubectl("get", "svcex", "web", fields)) === "multicluster.x-k8s.io/v1beta1/web",
    );
    expect(await versionsStored(exports)).toBe('["v1alpha1","v1beta1"]');
    expect((await definitions()).said).not.toContain("updated");
  });

  test("v0.5.0 is brought up to date, and its imports then say whether there are slices (MCS 35)", async () => {
    await installRelease("v0.5.0");
    const field =
      "--output=jsonpath={.spec.versions[*].schema.openAPIV3Schema.properties.status.properties.endpointSliceObjects.enum}";
    expect(await kubectl("get", "crd", imports, field)).toBe("");
    expect((await definitions()).said).toContain(`${imports}: updated from v0.5.0 revision 0`);
    expect(await kubectl("get", "crd", imports, field)).toBe('["Present","Absent"] ["Present","Absent"]');
  });

  test("v0.5.2 is left alone", async () => {
    await installRelease("v0.5.2");
    const before = await kubectl("get", "crd", exports, imports, "--output=json");
    const { status, said } = await definitions();
    expect([status, said.match(/it is of v0\.5\.2 revision 0, as ours is/g)?.length]).toEqual([0, 2]);
    expect(await kubectl("get", "crd", exports, imports, "--output=json")).toBe(before);
  });

  test("v0.3.0 says no release: it is left alone, and the cure that is told cures it (MCS 61)", async () => {
    await installRelease("v0.3.0");
    const { status, said } = await definitions();
    expect(status).toBe(1);
    expect(said).toContain(
      `${imports}: left alone: it has no label multicluster.x-k8s.io/release-version, so somebody else installed it, ` +
        "and it lacks what Sealane needs: version v1beta1",
    );
    const cures = [...said.matchAll(/take it over: kubectl (.*)/g)].map(([, argv]) => argv ?? "");
    expect(cures).toHaveLength(2);
    for (const argv of cures)
      await output([program, `--kubeconfig=${admin}`, ...argv.split(" ")], { cwd: root });
    expect((await definitions()).status).toBe(0);
  });
});

test("a newer release is never downgraded (MCS 61)", async () => {
  await definitions();
  await kubectl("label", "--overwrite", "crd", imports, "multicluster.x-k8s.io/release-version=v0.9.0");
  const before = await kubectl("get", "crd", imports, "--output=json");
  const { status, said } = await definitions();
  expect([status, said]).toEqual([
    0,
    expect.stringContaining("v0.9.0 revision 0, newer than ours (v0.5.2 revision 0)"),
  ]);
  expect(await kubectl("get", "crd", imports, "--output=json")).toBe(before);
});

test("without an API server it fails and says so", async () => {
  const broken = parse(await readFile(admin, "utf8"));
  broken.clusters[0].cluster.server = "https://127.0.0.1:1";
  const file = join(servers.directory, "broken");
  await writeFile(file, stringify(broken));
  const { status, said } = await definitions([], file);
  expect([status, said.match(/could not be read: .*got no answer/g)?.length]).toEqual([3, 3]);
  const none = await definitions(["--context=none"]);
  expect([none.status, none.said]).toEqual([3, expect.stringMatching(/^[^\n]*none[^\n]*\n$/)]);
});

test("the example's Job may do all of it, and nothing more", async () => {
  const deploy = join(root, "deploy");
  const example = `--filename=${join(deploy, "examples/definitions.yaml")}`;
  const namespace = `--filename=${join(deploy, "manifests/namespace.yaml")}`;
  await kubectl("apply", "--server-side", namespace, example);
  const token = await kubectl("-n", "sealane-system", "create", "token", "sealane-definitions");
  const config = parse(await readFile(admin, "utf8"));
  config.users[0].user = { token: token.trim() };
  const file = join(servers.directory, "job");
  await writeFile(file, stringify(config));
  await installRelease("v0.4.1");
  const { status, said } = await definitions([], file);
  expect([status, said]).toEqual([0, expect.stringMatching(/created[^]*updated[^]*updated/)]);
  const job = "--as=system:serviceaccount:sealane-system:sealane-definitions";
  for (const [verb, what] of [
    ["delete", `crd/${imports}`],
    ["update", "crd/others.example.com"],
    ["list", "secrets"],
  ] as const) {
    const { stdout } = await run([program, `--kubeconfig=${admin}`, job, "auth", "can-i", verb, what]);
    expect([verb, what, stdout.trim()]).toEqual([verb, what, "no"]);
  }
  await kubectl("delete", example, "--wait=false");
  expect(await present()).toEqual(all);
});

test("taking the manifests away takes no definition away (MCS 61)", async () => {
  await definitions();
  const manifests = `--kustomize=${join(root, "deploy/manifests")}`;
  await kubectl("apply", "--server-side", manifests);
  const listed = await kubectl("get", manifests, "--output=name");
  expect(listed).toContain("deployment.apps/sealane-agent");
  await kubectl("delete", manifests, "--wait=false");
  expect(await present()).toEqual(all);
});
