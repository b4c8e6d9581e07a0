// The speaker's command line: flags over environment over defaults. Refuses what it cannot use, naming the flag.

import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { version } from "@sealane/core";
import { parseHostPort } from "./address.ts";

/** How one speaker runs. */
export interface SpeakerOptions {
  /** `check`: look once, print what was found, and end; undefined: keep the routes. */
  readonly command: "check" | undefined;
  /** The node that it speaks for. */
  readonly node: string;
  /** Undefined: the file `cluster` beside the CA says it. */
  readonly cluster: string | undefined;
  /** `host:port` of the agent's listener, or `unix:` and a path; what is beside the CA is tried, too. */
  readonly agent: string;
  /** The name in the agent's certificate. */
  readonly agentName: string;
  readonly tokenFile: string;
  readonly caFile: string;
  readonly birdSocket: string;
  readonly ipProgram: string;
  /** The include that survives reboots. */
  readonly includeFile: string;
  /** The include that does not. */
  readonly originateFile: string;
  /** The last good wish. */
  readonly stateFile: string;
  /** Whether announcements count for the boot that wrote them, or start from disk after a reboot. */
  readonly origins: "boot" | "static";
  /** `host:port` for health and metrics. */
  readonly metricsListen: string;
  /** How long a next hop that comes back must be wanted. */
  readonly stableMs: number;
  readonly auditMs: number;
  /** Metrics page of kube-proxy; undefined: announcing does not wait for it. */
  readonly kubeProxyMetrics: string | undefined;
  /** Configuration page of kube-proxy; undefined: it is not checked. */
  readonly kubeProxyConfigz: string | undefined;
  readonly logLevel: string;
}

type Undefinable = "command" | "node" | "cluster" | "kubeProxyMetrics" | "kubeProxyConfigz";

interface Flags extends Omit<SpeakerOptions, Undefinable | "stableMs" | "auditMs"> {
  node?: string;
  cluster?: string;
  kubeProxyMetrics?: string;
  kubeProxyConfigz?: string;
  stableSeconds: number;
  auditSeconds: number;
}

const secrets = "/run/secrets/sealane-agent";

const examples = `
Examples:
  In a cluster, from deploy/manifests, no flag is needed: NODE_NAME names the node.

  Beside a BIRD elsewhere:
    node agents/speaker/src/main.ts --node r1 --cluster fra1 --agent 192.0.2.10:7444 \\
      --token-file ./token --ca-file ./ca.crt --bird-socket /run/bird/bird.ctl

  What is wrong with a node, before its cluster joins; exit status 0 well, 1 wrong, 3 not known:
    node agents/speaker/src/main.ts check --kube-proxy-configz http://127.0.0.1:10249/configz

The operator's bird.conf includes the file of --include-file and calls sealane_announce() and sealane_install()
in its filters; deploy/examples/bird.conf shows one. Ending the speaker withdraws nothing.`;

/** Reads the command line. Prints help or a usage error and ends the process as commander does (status 2 on errors). */
export function parseOptions(argv: readonly string[], env: NodeJS.ProcessEnv): SpeakerOptions {
  const program = new Command("sealane-speaker")
    .description(
      "Keeps the routes of one node's BIRD as its cluster's agent wants them, and reads back what came of it.",
    )
    .version(version)
    .addArgument(
      new Argument("[command]", "check: look at this node once, and change nothing").choices(["check"]),
    )
    .option("--node <name>", "the node that it speaks for (NODE_NAME)", env["NODE_NAME"])
    .option(
      "--cluster <name>",
      'the cluster (CLUSTER_NAME); else the file "cluster" beside the CA',
      env["CLUSTER_NAME"],
    )
    .option(
      "--agent <host:port>",
      "the agent's listener, or unix: and a path (AGENT_ADDRESS; in a pod the Service sealane-agent)",
      (text) => (text.startsWith("unix:/") ? text : hostPort(text)),
      env["AGENT_ADDRESS"] ?? serviceAddress(env) ?? "sealane-agent.sealane-system.svc:7444",
    )
    .option("--agent-name <name>", "the name in the agent's certificate", "sealane-agent.sealane-system.svc")
    .option("--token-file <file>", "bearer token, read anew for each connection", `${secrets}/token/token`)
    .option("--ca-file <file>", "the agent's CA, read anew for each connection", `${secrets}/ca/ca.crt`)
    .option("--bird-socket <file>", "BIRD's control socket", "/run/bird/bird.ctl")
    .option("--ip-program <file>", "iproute2's ip, to read the kernel's routes with", "ip")
    .option("--include-file <file>", "the file that BIRD includes", "/var/lib/sealane/bird/sealane.conf")
    .option(
      "--originate-file <file>",
      "what this boot announces; on a tmpfs",
      "/run/sealane/bird/originate.conf",
    )
    .option("--state-file <file>", "the last good state", "/var/lib/sealane/speaker.json")
    .addOption(
      new Option(
        "--origins <kind>",
        "static, as on routers: after a reboot announce at once what is on disk, without agent or kube-proxy",
      )
        .choices(["boot", "static"])
        .default("boot"),
    )
    .option("--metrics-listen <host:port>", "health and metrics over HTTP", hostPort, "[::]:9466")
    .option("--stable-seconds <seconds>", "how long a next hop that comes back must be wanted", seconds, 5)
    .option("--audit-seconds <seconds>", "between comparisons with the kernel", seconds, 10)
    .option("--kube-proxy-metrics <url>", "after a reboot, announce once this page dates its rules")
    .option("--kube-proxy-configz <url>", "check the configuration that this page gives")
    .option(
      "--log-level <level>",
      "trace, debug, info, warn or error (LOG_LEVEL)",
      env["LOG_LEVEL"] ?? "info",
    )
    .addHelpText("after", examples)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  const { node, cluster, kubeProxyMetrics, kubeProxyConfigz, stableSeconds, auditSeconds, ...flags } = program
    .parse(argv)
    .opts<Flags>();
  const command = program.args[0] === "check" ? "check" : undefined;
  if (node === undefined && command === undefined) program.error("error: --node <name> is not given");
  return {
    ...flags,
    command,
    node: node ?? "",
    cluster,
    kubeProxyMetrics,
    kubeProxyConfigz,
    stableMs: stableSeconds * 1000,
    auditMs: auditSeconds * 1000,
  };
}

/** The Service's own address, as the kubelet gives it to pods of its namespace: it needs no cluster DNS. */
function serviceAddress(env: NodeJS.ProcessEnv): string | undefined {
  const { SEALANE_AGENT_SERVICE_HOST: host, SEALANE_AGENT_SERVICE_PORT: port } = env;
  if (host === undefined || port === undefined) return undefined;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function hostPort(text: string): string {
  try {
    parseHostPort(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 3_600) return value;
  throw new InvalidArgumentError("write seconds from 0 to 3600");
}
