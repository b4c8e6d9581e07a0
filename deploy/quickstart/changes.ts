// What is different between two pictures, as sentences: every fact of a picture has a subject and a place, and facts
// that changed alike in several places are told once.

import { describeRange } from "../../services/cli/src/views/range.ts";
import type { Picture } from "./picture.ts";

/** Values by place, by subject. */
type Facts = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Sentences about what changed from one picture to the next, in the order of subjects. */
export function changesBetween(before: Picture, after: Picture): readonly string[] {
  const [old, now] = [factsOf(before), factsOf(after)];
  const subjects = [...new Set([...old.keys(), ...now.keys()])];
  return subjects.flatMap((subject) => changesOf(subject, old.get(subject), now.get(subject)));
}

function changesOf(
  subject: string,
  old: ReadonlyMap<string, string> | undefined,
  now: ReadonlyMap<string, string> | undefined,
): readonly string[] {
  const places = [...new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])];
  const moved = places.filter((place) => old?.get(place) !== now?.get(place));
  const alike = Map.groupBy(moved, (place) => {
    const [from, to] = [old?.get(place), now?.get(place)];
    if (from === undefined) return `now ${to}`;
    return to === undefined ? "gone" : `${from} -> ${to}`;
  });
  return [...alike].map(([change, where]) => {
    const at = where.filter((place) => place !== "").toSorted();
    return `${subject}: ${change}${at.length === 0 ? "" : ` in ${at.join(", ")}`}`;
  });
}

function factsOf(picture: Picture): Facts {
  const facts = new Map<string, Map<string, string>>();
  const add = (subject: string, place: string, value: string) => {
    const places = facts.get(subject) ?? new Map<string, string>();
    facts.set(subject, places.set(place, value));
  };
  for (const { name, agent } of picture.clusters) add(`cluster ${name}`, "", `agent ${agent}`);
  for (const range of picture.ranges) {
    const value = range.state === "admitted" ? "admitted" : `quarantined, ${describeRange(range)}`;
    add(`range ${range.prefix} of ${range.cluster}`, "", value);
  }
  for (const { namespace, name, exporters, pods } of picture.services) {
    const from = exporters.map(({ cluster }) => cluster).join(", ") || "nobody";
    add(`service ${namespace}/${name}`, "", `from ${from}, ${pods.ready} of ${pods.total} pods ready`);
  }
  for (const [cluster, { imports, nodes, zones, findings }] of picture.rendered) {
    for (const each of imports) add(`import ${each}`, cluster, "rendered");
    for (const [zone, addresses] of zones) add(`stub ${zone}`, cluster, addresses.join(" "));
    for (const { reason, message } of findings) add(`${reason}: ${message}`, cluster, "found");
    for (const [node, routes] of nodes) {
      for (const [prefix, hops] of routes) add(`route ${prefix}`, node, `via ${hops.join(" ")}`);
    }
  }
  return facts;
}
