// The completion script of fish. Words are in the script; names of things are asked for as they are needed.

import type { Flag, FlagValue, NameList, Place } from "./places.ts";
import { flagsWithValue, nameLists, pathsBelow } from "./places.ts";

/** The script, to be sourced. */
export function fishCompletion(places: readonly Place[]): string {
  const values = flagsWithValue(places).filter((it) => !["--config", "--hub"].includes(it));
  return `# Completion of sealane for fish. Load it with: sealane completion fish | source
function __sealane_names
    set -l tokens (commandline -opc)
    set -l connection
    for i in (seq 2 (count $tokens))
        if contains -- $tokens[$i] --config --hub; and test $i -lt (count $tokens)
            set -a connection $tokens[$i] $tokens[(math $i + 1)]
        end
    end
    $tokens[1] $argv $connection -o name --timeout 1s 2>/dev/null | string replace -r '^[^/]*/' ''
end

function __sealane_at
    set -l place ''
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        switch $word
            case --config --hub ${values.join(" ")}
                set skip 1
            case '-*'
                continue
            case '*'
                if contains -- "$place $word" ${pathsBelow(places).map(quote).join(" ")}
                    set place "$place $word"
                end
        end
    end
    contains -- "$place" $argv
end

complete -c sealane -f
${places.flatMap(linesOf).join("\n")}
`;
}

function linesOf({ paths, words, names, flags }: Place): readonly string[] {
  const at = `complete -c sealane -n ${quote(`__sealane_at ${paths.map((it) => `"${it}"`).join(" ")}`)}`;
  return [
    ...words.map(({ word, meaning }) => `${at} -a ${word} -d ${quote(meaning)}`),
    ...(names === undefined ? [] : [`${at} -a ${quote(`(${ask(names)})`)}`]),
    ...flags.map((flag) => `${at} ${flagPart(flag)}`),
  ];
}

function flagPart({ spellings, meaning, value }: Flag): string {
  const names = spellings.map((it) => (it.startsWith("--") ? `-l ${it.slice(2)}` : `-s ${it.slice(1)}`));
  return [...names, ...(value === undefined ? [] : [valuePart(value)]), `-d ${quote(meaning)}`].join(" ");
}

function valuePart(value: FlagValue): string {
  switch (value.kind) {
    case "words":
      return `-x -a ${quote(value.words.join(" "))}`;
    case "names":
      return `-x -a ${quote(`(${ask(value.list)})`)}`;
    case "file":
      return "-r -F";
    case "text":
      return "-x";
  }
}

function ask(list: NameList): string {
  return `__sealane_names ${nameLists[list].join(" ")}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
