// The text of our BIRD 2 include's two files, from the wish and the boot alone. What stands in them beside heads and
// the boot is the core's `renderBird`. Pure; it refuses nothing, for values come canonical (screened).

import { renderBird } from "@sealane/core";
import type { DesiredRoutes } from "@sealane/core";

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

/** The include for a wish. */
export function renderInclude(desired: DesiredRoutes, { originatePath, boot }: IncludeContext): IncludeText {
  const { functions, install, originate } = renderBird(desired);
  return {
    install: [
      head,
      "# Call sealane_announce() in the export filters of BGP sessions and sealane_install() in those of the",
      "# kernel protocols. Both say no to everything that is not named here.",
      `include "${includePattern(originatePath)}";`,
      "",
      functions,
      "",
      install,
      "",
    ].join("\n"),
    originate: [
      head,
      "# These prefixes are announced, and never put into the kernel: here they would swallow local delivery.",
      `${bootPrefix}${boot}`,
      "",
      originate,
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
