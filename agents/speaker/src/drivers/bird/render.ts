// The text of our BIRD 2 include, from the wish alone. Pure and sorted: the same wish gives the same bytes.
// It refuses nothing; values come canonical (screened), and free text only ever lands in comments.

import type { DesiredRoutes, InstallRoute, OriginateRoute } from "@sealane/core";

/** The two files of the include. */
export interface IncludeText {
  /** Survives reboots: functions for the operator's filters, and routes to other clusters. */
  readonly install: string;
  /** Lives on a tmpfs: what this node announces, for this boot only. */
  readonly originate: string;
}

/** What the text depends on beside the wish. */
export interface IncludeContext {
  /** Absolute path of the originating file as BIRD will include it. */
  readonly originatePath: string;
  /** Which boot may originate; see boot.ts. */
  readonly boot: string;
}

/** Names of our protocols and what their routes are for. */
export const protocolKinds: ReadonlyMap<string, "install" | "originate"> = new Map([
  ["sealane_install4", "install"],
  ["sealane_install6", "install"],
  ["sealane_originate4", "originate"],
  ["sealane_originate6", "originate"],
]);

const head = "# Written by sealane-speaker, which replaces it whole: edits are lost.";

/** Below BGP's 100, so the same prefix learned from a peer wins. */
const installPreference = 50;

/** The include for a wish. */
export function renderInclude(desired: DesiredRoutes, { originatePath, boot }: IncludeContext): IncludeText {
  const { install, originate } = desired;
  const four = ({ prefix }: { readonly prefix: string }) => !six({ prefix });
  const six = ({ prefix }: { readonly prefix: string }) => prefix.includes(":");
  return {
    install: [
      head,
      "# Call sealane_announce() in the export filters of BGP sessions and sealane_install() in those of the",
      "# kernel protocols. Both say no to everything that is not named here.",
      `include "${includePattern(originatePath)}";`,
      "",
      ...announceFunction(originate.filter(four), originate.filter(six)),
      "",
      "function sealane_install()",
      "{",
      '  return proto = "sealane_install4" || proto = "sealane_install6";',
      "}",
      "",
      ...installProtocol("4", install.filter(four)),
      "",
      ...installProtocol("6", install.filter(six)),
      "",
    ].join("\n"),
    originate: [
      head,
      "# These prefixes are announced, and never put into the kernel: here they would swallow local delivery.",
      `${bootPrefix}${boot}`,
      "",
      ...originateProtocol("4", originate.filter(four)),
      "",
      ...originateProtocol("6", originate.filter(six)),
      "",
    ].join("\n"),
  };
}

const bootPrefix = "# boot ";

/** The boot that an originating file was written for; undefined when it names none. */
export function bootOf(originateText: string): string | undefined {
  const line = originateText.split("\n").find((text) => text.startsWith(bootPrefix));
  return line?.slice(bootPrefix.length);
}

/**
 * A pattern that matches exactly this path. BIRD 2.0.12 refuses an include of a file, or of a folder, that
 * is not there, but takes a pattern without a match: each part of the path becomes a pattern of its own.
 */
export function includePattern(path: string): string {
  return path.replaceAll(/\/([^/])/g, "/[$1]");
}

function announceFunction(four: readonly OriginateRoute[], six: readonly OriginateRoute[]): string[] {
  return [
    "function sealane_announce()",
    "{",
    ...announceFamily("4", four),
    ...announceFamily("6", six),
    "  return false;",
    "}",
  ];
}

/** A prefix set without length modifiers matches exactly the prefixes in it. */
function announceFamily(family: "4" | "6", routes: readonly OriginateRoute[]): string[] {
  if (routes.length === 0) return [];
  const prefixes = routes.map(({ prefix }) => `    ${prefix}`).join(",\n");
  return [`  if proto = "sealane_originate${family}" then return net ~ [`, prefixes, "  ];"];
}

function installProtocol(family: "4" | "6", routes: readonly InstallRoute[]): string[] {
  return [
    `protocol static sealane_install${family}`,
    "{",
    `  ipv${family} { preference ${installPreference}; };`,
    ...routes.flatMap(({ prefix, nextHops, cluster, purpose }) => [
      `  # ${comment(`${cluster}: ${purpose}`)}`,
      `  route ${prefix} ${nextHops.map((hop) => `via ${hop}`).join(" ")};`,
    ]),
    "}",
  ];
}

function originateProtocol(family: "4" | "6", routes: readonly OriginateRoute[]): string[] {
  return [
    `protocol static sealane_originate${family}`,
    "{",
    `  ipv${family};`,
    ...routes.flatMap(({ prefix, purpose }) => [`  # ${comment(purpose)}`, `  route ${prefix} blackhole;`]),
    "}",
  ];
}

/** Text that can not end its line: names come from other clusters. */
function comment(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 160);
}
