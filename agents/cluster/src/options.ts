// The agent's command line: flags over environment over defaults. Refuses what it cannot use, naming the flag.

import { Argument, Command, InvalidArgumentError } from "commander";
import { formatPrefix, parsePrefix, version } from "@sealane/core";
import { addSiteFlags, siteExamples, siteOf } from "./directory/options.ts";
import type { SiteFlags, SiteOptions } from "./directory/options.ts";
import { parseAddress } from "./link/join.ts";

/** What the process does instead of being the cluster's agent. */
type OnceCommand = "check" | "definitions";

/** How one agent process runs. */
export interface AgentOptions {
  /**
   * `check`: look once, print what was found, and end. `definitions`: install the CustomResourceDefinitions and end.
   * Undefined: be the cluster's agent.
   */
  readonly command: OnceCommand | undefined;
  /** `definitions` writes nothing. */
  readonly dryRun: boolean;
  /** The cluster is a directory of manifests; undefined: it has an API server. */
  readonly site: SiteOptions | undefined;
  /** Undefined inside a pod. */
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  /** Namespace of the agent's own objects. */
  readonly namespace: string;
  /** Unique among replicas. */
  readonly identity: string | undefined;
  /** The node that the agent runs on; undefined outside a cluster. */
  readonly node: string | undefined;
  /** `host:port` for speakers. */
  readonly listen: string;
  /** `host:port` for health and metrics. */
  readonly metricsListen: string;
  readonly podRanges: readonly string[] | undefined;
  readonly serviceRanges: readonly string[] | undefined;
  readonly logLevel: string;
}

interface Flags extends SiteFlags {
  kubeconfig?: string;
  context?: string;
  namespace: string;
  identity?: string;
  node?: string;
  listen: string;
  metricsListen: string;
  podRange?: string[];
  serviceRange?: string[];
  logLevel: string;
  dryRun?: true;
}

const examples = `
Examples:
  In a cluster, from deploy/manifests, no flag is needed: the pod's service account is used.

  Beside a cluster, for a try:
    node agents/cluster/src/main.ts --kubeconfig ~/.kube/config --context fra1

  Where the API server does not serve ServiceCIDR:
    node agents/cluster/src/main.ts --service-range 10.96.0.0/12 --service-range fd00:10:96::/112

  What is wrong with a cluster, before it joins; exit status 0 well, 1 wrong, 3 not known:
    node agents/cluster/src/main.ts check --kubeconfig ~/.kube/config --context fra1

  The APIs that it speaks, as an administrator: what is missing or older is installed, what is newer or somebody
  else's stays. Exit status 0 all there, 1 one that stayed lacks something, 3 one could not be read or written:
    node agents/cluster/src/main.ts definitions --kubeconfig ~/.kube/config --context fra1 --dry-run
${siteExamples}
The agent of an API server joins with the Secret "sealane-join" (keys "hub" and "token") in its namespace.`;

/** Reads the command line. Prints help or a usage error and ends the process as commander does (status 2 on errors). */
export function parseOptions(argv: readonly string[], env: NodeJS.ProcessEnv): AgentOptions {
  const program = new Command("sealane-agent")
    .description("Speaks for one cluster: tells the hub what it exports, writes here what others do.")
    .version(version)
    .addArgument(
      new Argument(
        "[command]",
        "check: look at the cluster once, and change nothing; definitions: install the CustomResourceDefinitions",
      ).choices(["check", "definitions"]),
    )
    .option("--kubeconfig <file>", "kubeconfig; a pod's service account when absent", env["KUBECONFIG"])
    .option("--context <name>", "context of the kubeconfig")
    .option(
      "--namespace <name>",
      "namespace of the agent's own objects",
      env["POD_NAMESPACE"] ?? "sealane-system",
    )
    .option("--identity <text>", "unique among replicas", env["POD_NAME"])
    .option(
      "--node <name>",
      "node that the agent runs on; its addresses are where speakers find the leader",
      env["NODE_NAME"],
    )
    .option("--listen <host:port>", "where speakers connect", address, "[::]:7444")
    .option("--metrics-listen <host:port>", "health and metrics over HTTP", address, "[::]:9465")
    .option("--pod-range <cidr>", "a pod range, instead of detecting them; repeatable", prefixes)
    .option("--service-range <cidr>", "a service range, instead of detecting them; repeatable", prefixes)
    .option("--log-level <level>", "trace, debug, info, warn or error", env["LOG_LEVEL"] ?? "info")
    .option("--dry-run", "with definitions: say what would be done, and change nothing")
    .addHelpText("after", examples)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  addSiteFlags(program, { address, prefixes });
  const flags = program.parse(argv).opts<Flags>();
  const site = siteOf(flags);
  if (site !== undefined && "problem" in site) return program.error(`error: ${site.problem}`);
  const [command] = program.processedArgs as [OnceCommand | undefined];
  if (site !== undefined && command !== undefined)
    program.error(`error: ${command} is about an API server and has no meaning with --directory`);
  if (flags.dryRun === true && command !== "definitions")
    program.error("error: --dry-run has a meaning with definitions only");
  return {
    command,
    dryRun: flags.dryRun === true,
    site,
    kubeconfig: flags.kubeconfig,
    context: flags.context,
    namespace: flags.namespace,
    identity: flags.identity,
    node: flags.node,
    listen: flags.listen,
    metricsListen: flags.metricsListen,
    podRanges: flags.podRange,
    serviceRanges: flags.serviceRange,
    logLevel: flags.logLevel,
  };
}

function address(text: string): string {
  try {
    parseAddress(text);
    return text;
  } catch {
    throw new InvalidArgumentError("write host:port, with IPv6 addresses in brackets");
  }
}

function prefixes(text: string, before: string[] = []): string[] {
  try {
    return [...before, formatPrefix(parsePrefix(text))];
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}
