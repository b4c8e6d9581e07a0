// What can follow what on the command line, read from the command tree itself, so that completion never knows more
// or less than the program. Knows no shell.

import type { Command, Option } from "commander";
import { reasons } from "@sealane/core";

/** Lists of names that the hub is asked for when they are to be completed: the arguments of `sealane`. */
export const nameLists = {
  clusters: ["get", "clusters"],
  services: ["get", "services"],
  tokens: ["token", "list"],
} as const satisfies Record<string, readonly string[]>;
export type NameList = keyof typeof nameLists;

/** A word with what it means. */
export interface Word {
  readonly word: string;
  readonly meaning: string;
}

/** A flag in all its spellings. */
export interface Flag {
  readonly spellings: readonly string[];
  readonly meaning: string;
  /** What follows it; undefined when nothing does. */
  readonly value: FlagValue | undefined;
}

/** Words to choose from, names to ask for, a file, or text that nobody can guess. */
export type FlagValue =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "names"; readonly list: NameList }
  | { readonly kind: "file" }
  | { readonly kind: "text" };

/** One command: how it is reached, and what can follow. */
export interface Place {
  /** Spellings of the path, each with a blank before every word: ` get clusters`; empty for the program itself. */
  readonly paths: readonly string[];
  readonly words: readonly Word[];
  readonly names: NameList | undefined;
  readonly flags: readonly Flag[];
}

/** What the arguments of a command name, by its path. */
export const namedBy: Readonly<Record<string, NameList>> = {
  "get clusters": "clusters",
  "get services": "services",
  "describe cluster": "clusters",
  "describe service": "services",
  "explain import": "services",
  "plan join": "clusters",
  "token revoke": "tokens",
  leave: "clusters",
  check: "clusters",
};

const flagNames: Readonly<Record<string, NameList>> = { "--cluster": "clusters", "--in": "clusters" };
const flagFiles = ["--config"];

/** Words that a command takes beside its subcommands. */
const argumentWords: Readonly<Record<string, readonly Word[]>> = {
  explain: Object.keys(reasons).map((word) => ({ word, meaning: "a reason" })),
};

/** Every command of the program, the program itself first. */
export function placesOf(program: Command): readonly Place[] {
  return visit(program, [], [""]);
}

function visit(command: Command, path: readonly string[], paths: readonly string[]): readonly Place[] {
  const key = path.join(" ");
  const below = command.commands.map((it) => ({ word: it.name(), meaning: it.description() }));
  const choices = command.registeredArguments.flatMap(({ argChoices, description }) =>
    (argChoices ?? []).map((word) => ({ word, meaning: description })),
  );
  const global = path.length === 0 ? [] : rootOf(command).options;
  const place: Place = {
    paths,
    words: [...below, ...choices, ...(argumentWords[key] ?? [])],
    names: namedBy[key],
    flags: [...command.options, ...global].map(flagOf).concat(help),
  };
  const deeper = command.commands.flatMap((child) => {
    const spellings = [child.name(), ...child.aliases()];
    return visit(
      child,
      [...path, child.name()],
      paths.flatMap((before) => spellings.map((spelling) => `${before} ${spelling}`)),
    );
  });
  return [place, ...deeper];
}

const help: Flag = { spellings: ["-h", "--help"], meaning: "display help for command", value: undefined };

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

function flagOf(option: Option): Flag {
  const spellings = [option.short, option.long].filter((it) => it !== undefined);
  const takesValue = option.required || option.optional;
  return {
    spellings,
    meaning: option.description,
    value: takesValue ? valueOf(option, spellings) : undefined,
  };
}

function valueOf({ argChoices }: Option, spellings: readonly string[]): FlagValue {
  if (argChoices !== undefined) return { kind: "words", words: argChoices };
  const list = spellings.map((it) => flagNames[it]).find((it) => it !== undefined);
  if (list !== undefined) return { kind: "names", list };
  return { kind: spellings.some((it) => flagFiles.includes(it)) ? "file" : "text" };
}

/** Every flag of every command once: a flag means one thing everywhere. */
export function allFlags(places: readonly Place[]): readonly Flag[] {
  const found = new Map<string, Flag>();
  for (const flag of places.flatMap(({ flags }) => flags)) found.set(flag.spellings.join(" "), flag);
  return [...found.values()];
}

/** Spellings of all flags that something follows. */
export function flagsWithValue(places: readonly Place[]): readonly string[] {
  return allFlags(places).flatMap(({ spellings, value }) => (value === undefined ? [] : spellings));
}

/** Paths that a word can lead on to. */
export function pathsBelow(places: readonly Place[]): readonly string[] {
  return places.flatMap(({ paths }) => paths).filter((path) => path !== "");
}
