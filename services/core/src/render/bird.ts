// A wish as text for BIRD 2: the functions that an operator's filters call, and the static protocols that hold the
// routes. Pure and sorted: the same wish gives the same bytes. It knows no file and refuses nothing; values come
// canonical, and free text only ever lands in comments.

import type { DesiredRoutes, InstallRoute, OriginateRoute } from "../desired.ts";

/** The parts of an include; each ends without a newline. */
export interface BirdText {
  /** `sealane_announce()` and `sealane_install()`: what may leave this node, and what its kernel gets. */
  readonly functions: string;
  /** Static protocols of routes to other clusters. */
  readonly install: string;
  /** Static protocols of the prefixes that this node announces. */
  readonly originate: string;
}

/** Below BGP's 100, so the same prefix learned from a peer wins. */
const installPreference = 50;

/** The parts for a wish. */
export function renderBird({ install, originate }: DesiredRoutes): BirdText {
  return {
    functions: [
      ...announceFunction(originate.filter(isFour), originate.filter(isSix)),
      "",
      "function sealane_install()",
      "{",
      '  return proto = "sealane_install4" || proto = "sealane_install6";',
      "}",
    ].join("\n"),
    install: [
      ...installProtocol("4", install.filter(isFour)),
      "",
      ...installProtocol("6", install.filter(isSix)),
    ].join("\n"),
    originate: [
      ...originateProtocol("4", originate.filter(isFour)),
      "",
      ...originateProtocol("6", originate.filter(isSix)),
    ].join("\n"),
  };
}

function isSix({ prefix }: { readonly prefix: string }): boolean {
  return prefix.includes(":");
}

function isFour(route: { readonly prefix: string }): boolean {
  return !isSix(route);
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
