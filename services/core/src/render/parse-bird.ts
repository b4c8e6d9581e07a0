// Routes read back from text that `renderBird` wrote: what was wanted when the text was written. Pure. Only what it
// writes is understood; anything else on a line is passed over.

import { readAddress } from "../address.ts";
import type { DesiredRoutes, InstallRoute, OriginateRoute } from "../desired.ts";
import { readPrefix } from "../prefix.ts";

/** The wish that the text holds, in its order; nothing is withheld in it. */
export function parseBird(text: string): DesiredRoutes {
  const lines = [...routesOf(text)];
  return { install: lines.flatMap(asInstall), originate: lines.flatMap(asOriginate), withheld: [] };
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
