// Builds Go programs from the go.mod files under `programs/`. The Go module proxy gives the sources;
// nothing of them is kept in the checkout.

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { output } from "../run.ts";
import { fill, keyOf } from "./fill.ts";

/** A program, the folder under `programs/` whose go.mod names it, and its package there. */
interface GoProgram {
  readonly name: string;
  readonly module: string;
  readonly package: string;
}

/** In the order in which they are built: what takes longest and is needed first comes first. */
export const goPrograms: readonly GoProgram[] = [
  ...["pause", "respond", "fetch", "load", "hold"].map((name) => ({
    name,
    module: "tools",
    package: `./${name}`,
  })),
  ...["kube-apiserver", "kube-controller-manager", "kubectl", "kubelet", "kube-scheduler", "kube-proxy"].map(
    (name) => ({ name, module: "kubernetes", package: `k8s.io/kubernetes/cmd/${name}` }),
  ),
  { name: "etcd", module: "kubernetes", package: "go.etcd.io/etcd/server/v3" },
  { name: "coredns", module: "coredns", package: "github.com/coredns/coredns" },
];

// A Kubernetes built from its module does not know its version, which clients and tests ask for.
const kubernetesVersion = "v1.36.3";
const linkFlags = [
  "-s -w",
  ...["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].map((path) =>
    [
      `-X ${path}.gitVersion=${kubernetesVersion}`,
      `-X ${path}.gitMajor=1`,
      `-X ${path}.gitMinor=36`,
      `-X ${path}.gitTreeState=clean`,
    ].join(" "),
  ),
].join(" ");

const lazyPrograms: readonly GoProgram[] = [
  { name: "grpcurl", module: "grpcurl", package: "github.com/fullstorydev/grpcurl/cmd/grpcurl" },
];

/** The path of a program, built first if the cache has none. Throws on a name that the lab does not know. */
export async function goProgram(name: string): Promise<string> {
  const program = [...goPrograms, ...lazyPrograms].find((known) => known.name === name);
  if (program === undefined) throw new Error(`Cannot build "${name}": the lab has no such Go program`);
  const source = join(import.meta.dirname, "../programs", program.module);
  const directory = await fill({
    name: `programs/${name}`,
    key: keyOf(await sourceText(source), linkFlags, await output(["go", "env", "GOVERSION"])),
    doing: `building ${name}`,
    build: async (into) => {
      await output(["go", "build", `-ldflags=${linkFlags}`, "-o", join(into, name), program.package], {
        cwd: source,
        env: { ...process.env, CGO_ENABLED: "0", GOOS: "linux", GOARCH: "amd64", GOFLAGS: "-buildvcs=false" },
        timeoutMs: 30 * 60_000,
      });
    },
  });
  return join(directory, name);
}

/** Builds every program that a lab needs, one after another: each build uses all cores. */
export async function allGoPrograms(): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  for (const { name } of goPrograms) paths.set(name, await goProgram(name));
  return paths;
}

async function sourceText(directory: string): Promise<string> {
  const names = (await readdir(directory, { recursive: true })).filter((name) =>
    /\.(go|mod|sum)$/.test(name),
  );
  const texts = await Promise.all(names.toSorted().map((name) => readFile(join(directory, name), "utf8")));
  return texts.join("\n");
}
