// Our own include read back into the wish that it was rendered from: what was applied, on disk. Only what
// `renderInclude` writes is understood; anything else on a line is passed over.

import type { DesiredRoutes, InstallRoute, OriginateRoute } from "@sealane/core";
import { readAddress, readPrefix } from "@sealane/core";
import type { PlacedText } from "./files.ts";

/** The wish of the files in place; a file that is not there adds nothing. */
export function parseInclude({ install, originate }: PlacedText): DesiredRoutes {
  return {
    install: [...routesOf(install ?? "")].flatMap(asInstall),
    originate: [...routesOf(originate ?? "")].flatMap(asOriginate),
    withheld: [],
  };
}

interface Line {
  /** Of the comment above the route. */
  readonly comment: string;
  readonly prefix: string;
  readonly action: string;
}

function* routesOf(text: string): Generator<Line, undefined> {
  let comment = "";
  for (const line of text.split("\n")) {
    const [, said] = /^ {2}# (.*)$/.exec(line) ?? [];
    const [, prefix, action] = /^ {2}route (\S+) (.*);$/.exec(line) ?? [];
    if (said !== undefined) comment = said;
    if (prefix !== undefined && action !== undefined && readPrefix(prefix) !== undefined)
      yield { comment, prefix, action };
  }
}

function asInstall({ comment, prefix, action }: Line): InstallRoute[] {
  const [, cluster, purpose] = /^([^:]*): (.*)$/.exec(comment) ?? [];
  const nextHops = action.split(/ ?via /).filter((hop) => readAddress(hop) !== undefined);
  if (cluster === undefined || purpose === undefined || nextHops.length === 0) return [];
  return [{ prefix, nextHops, cluster, purpose }];
}

function asOriginate({ comment, prefix, action }: Line): OriginateRoute[] {
  return action === "blackhole" ? [{ prefix, purpose: comment }] : [];
}
