// The kernel's settings (sysctls) that routing to the mesh stands on. Pure: text in, verdicts out.

import type { CheckResult, Family } from "@sealane/core";
import { familyOf, well, wrong } from "@sealane/core";
import type { OnLinkNetwork } from "../kernel.ts";

/** Values by path below /proc/sys; undefined for a file that is not there. */
export type Settings = ReadonlyMap<string, string | undefined>;

/** What is judged. */
export interface SettingsState {
  readonly settings: Settings;
  readonly networks: readonly OnLinkNetwork[];
  readonly uplinks: readonly string[];
}

/** Paths below /proc/sys that must be read for the judgement. */
export function settingPaths(uplinks: readonly string[]): readonly string[] {
  return [
    ...(["ipv4", "ipv6"] as const).flatMap((family) => [hashPolicy(family), hashFields(family)]),
    "net/ipv4/ip_forward",
    "net/ipv6/conf/all/forwarding",
    "net/ipv4/conf/all/rp_filter",
    ...uplinks.flatMap((link) => [linkSetting(link, "rp_filter"), linkSetting(link, "forwarding")]),
  ];
}

/** Hashing, forwarding and reverse path filtering, for the families in which the node has an address. */
export function judgeSettings(state: SettingsState): readonly CheckResult[] {
  const families = familiesOf(state.networks);
  return [
    ...families.map((family) => judgeHash(state.settings, family === 4 ? "ipv4" : "ipv6")),
    ...(families.includes(4) ? judgeForwarding4(state) : []),
    ...(families.includes(6) ? [judgeFlag(state.settings, "net/ipv6/conf/all/forwarding")] : []),
    ...(families.includes(4) ? state.uplinks.map((link) => judgeReversePath(state.settings, link)) : []),
  ];
}

/** The families of the node's addresses on its networks, IPv4 first. */
export function familiesOf(networks: readonly OnLinkNetwork[]): readonly Family[] {
  const found = new Set(networks.map(({ address }) => familyOf(address)));
  return ([4, 6] as const).filter((family) => found.has(family));
}

const portFields = 0x0010 | 0x0020;

/** Linux' ip-sysctl: 0 addresses, 1 addresses and ports, 2 those of the inner packet, 3 the fields of a mask. */
function judgeHash(settings: Settings, family: "ipv4" | "ipv6"): CheckResult {
  const path = hashPolicy(family);
  const policy = settings.get(path);
  const subject = nameOf(path);
  const fields = Number(settings.get(hashFields(family)) ?? 0);
  if (policy === "1") return well(subject, "is 1: flows are spread by addresses and ports");
  if (policy === "3" && (fields & portFields) === portFields)
    return well(subject, "is 3: flows are spread by chosen fields, ports among them");
  const seen = policy === undefined ? "is not there: this kernel has no such setting" : `is ${policy}`;
  return wrong(subject, "MultipathHashCoarse", `${subject} ${seen}; it must be 1`);
}

function judgeForwarding4({ settings, uplinks }: SettingsState): readonly CheckResult[] {
  const all = judgeFlag(settings, "net/ipv4/ip_forward");
  // Setting the first sets all of the others, so these say something of their own only while it is well.
  if (all.outcome !== "well") return [all];
  return [all, ...uplinks.map((link) => judgeFlag(settings, linkSetting(link, "forwarding")))];
}

function judgeFlag(settings: Settings, path: string): CheckResult {
  const value = settings.get(path);
  const subject = nameOf(path);
  if (value === "1") return well(subject, "is 1");
  return wrong(subject, "ForwardingOff", `${subject} is ${value ?? "not there"}; it must be 1`);
}

/** The stricter of the link's own and the one for all counts (ip-sysctl: rp_filter). 1 is strict, 2 loose. */
function judgeReversePath(settings: Settings, link: string): CheckResult {
  const paths = ["net/ipv4/conf/all/rp_filter", linkSetting(link, "rp_filter")];
  const values = paths.map((path) => Number(settings.get(path) ?? 0));
  const effective = Math.max(...values);
  const subject = `rp_filter of ${link}`;
  if (effective !== 1) return well(subject, `is ${effective}: ways back may differ`);
  const strict = paths.filter((_, at) => values[at] === 1).map(nameOf);
  return wrong(
    subject,
    "ReversePathStrict",
    `${strict.join(" and ")} ${strict.length > 1 ? "are" : "is"} 1, which is strict on ${link}`,
  );
}

function hashPolicy(family: "ipv4" | "ipv6"): string {
  return `net/${family}/fib_multipath_hash_policy`;
}

function hashFields(family: "ipv4" | "ipv6"): string {
  return `net/${family}/fib_multipath_hash_fields`;
}

function linkSetting(link: string, setting: string): string {
  return `net/ipv4/conf/${link}/${setting}`;
}

/** As sysctl(8) spells it: dots between the parts, a slash for a dot within one. */
function nameOf(path: string): string {
  return path
    .split("/")
    .map((part) => part.replaceAll(".", "/"))
    .join(".");
}
