// The part of the agent's command line that makes its cluster a directory. Refuses half a site, naming the flag.

import type { Command } from "commander";

/** Where a site's manifests, rendered files and state are, and which hub it joins. */
export interface SiteOptions {
  /** Read, never written. */
  readonly manifests: string;
  readonly output: string;
  /** Holds the site's key: mode 0700. */
  readonly state: string;
  /** `host:port` of the hub's sessions; the stored one when absent. */
  readonly hub: string | undefined;
  readonly tokenFile: string | undefined;
  /** Canonical CIDRs, one of each family at most; empty: imports have no address. */
  readonly clustersetIpRanges: readonly string[];
}

/** The flags as commander gives them. */
export interface SiteFlags {
  directory?: string;
  output?: string;
  state?: string;
  hub?: string;
  tokenFile?: string;
  clustersetIpRange?: string[];
}

/** Examples for the help. */
export const siteExamples = `
  A site without Kubernetes, or a preview of one: manifests in, rendered files out (docs/directory.md):
    node agents/cluster/src/main.ts --directory=site/manifests --output=site/rendered --state=site/state \\
      --hub=hub.example.net:7443 --token-file=site/token
`;

/** Adds the flags; `address` and `prefixes` read their texts or throw commander's error. */
export function addSiteFlags(
  program: Command,
  read: {
    readonly address: (text: string) => string;
    readonly prefixes: (text: string, before?: string[]) => string[];
  },
): void {
  program
    .option("--directory <folder>", "the cluster is this folder of manifests, not an API server")
    .option("--output <folder>", "with --directory: where rendered files go")
    .option("--state <folder>", "with --directory: keys and what is kept between runs")
    .option(
      "--hub <host:port>",
      "with --directory: the hub's sessions; its join service is one port below",
      read.address,
    )
    .option("--token-file <file>", "with --directory: a join token; not needed once joined")
    .option(
      "--clusterset-ip-range <cidr>",
      "with --directory: give imported services addresses of this range; one of each family",
      read.prefixes,
    );
}

/** The site that the flags describe, undefined without `--directory`, or what is wrong with them. */
export function siteOf(flags: SiteFlags): SiteOptions | undefined | { readonly problem: string } {
  const { directory, output, state, hub, tokenFile, clustersetIpRange = [] } = flags;
  const others = {
    output,
    state,
    hub,
    "token-file": tokenFile,
    "clusterset-ip-range": flags.clustersetIpRange,
  };
  if (directory === undefined) {
    const lonely = Object.entries(others).find(([, value]) => value !== undefined)?.[0];
    return lonely === undefined ? undefined : { problem: `--${lonely} has a meaning with --directory only` };
  }
  if (output === undefined || state === undefined)
    return { problem: `--directory needs --${output === undefined ? "output" : "state"} too` };
  const families = clustersetIpRange.map((range) => range.includes(":"));
  if (new Set(families).size !== families.length)
    return { problem: "--clusterset-ip-range is given twice for one family" };
  return { manifests: directory, output, state, hub, tokenFile, clustersetIpRanges: clustersetIpRange };
}
