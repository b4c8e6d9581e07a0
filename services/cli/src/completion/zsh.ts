// The completion script of zsh. Words are in the script; names of things are asked for as they are needed.

import type { FlagValue, NameList, Place, Word } from "./places.ts";
import { allFlags, flagsWithValue, nameLists, pathsBelow } from "./places.ts";

/** The script, to be sourced after compinit, or put as `_sealane` into a folder of fpath. */
export function zshCompletion(places: readonly Place[]): string {
  const values = flagsWithValue(places).filter((it) => !["--config", "--hub"].includes(it));
  return `#compdef sealane
# Completion of sealane for zsh. Load it with: source <(sealane completion zsh)
_sealane_names() {
  local -a found
  found=(\${(f)"$($words[1] "$@" $connection -o name --timeout 1s 2>/dev/null | sed 's,^[^/]*/,,')"})
  compadd -a found
}

_sealane() {
  local cur=$words[CURRENT] prev=$words[CURRENT-1] place= word i
  local -a connection items
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    case $word in
      (--config|--hub) connection+=("$word" "$words[i+1]"); ((i++)) ;;
      (${values.join("|")}) ((i++)) ;;
      (-*) ;;
      (*)
        case "$place $word" in
          (${pathsBelow(places).map(quote).join("|")}) place="$place $word" ;;
        esac ;;
    esac
  done
  case $prev in
${allFlags(places)
  .flatMap(({ spellings, value }) => (value === undefined ? [] : [valueCase(spellings, value)]))
  .join("\n")}
  esac
  case $place in
${places.map(placeCase).join("\n")}
  esac
}

if [[ $funcstack[1] == _sealane ]]; then _sealane "$@"; else compdef _sealane sealane; fi
`;
}

function valueCase(spellings: readonly string[], value: FlagValue): string {
  return `    (${spellings.join("|")}) ${valueAct(value)}; return ;;`;
}

function valueAct(value: FlagValue): string {
  switch (value.kind) {
    case "words":
      return `compadd -- ${value.words.join(" ")}`;
    case "names":
      return ask(value.list);
    case "file":
      return "_files";
    case "text":
      return "_message value";
  }
}

function placeCase({ paths, words, names, flags }: Place): string {
  const flagWords = flags.flatMap(({ spellings, meaning }) =>
    spellings.filter((it) => it.startsWith("--")).map((word) => ({ word, meaning })),
  );
  return `    (${paths.map(quote).join("|")})
      if [[ $cur == -* ]]; then
        items=(${described(flagWords)})
        _describe -o option items
      else${words.length === 0 ? "" : `\n        items=(${described(words)})\n        _describe word items`}${
        names === undefined ? "" : `\n        ${ask(names)}`
      }
        true
      fi ;;`;
}

function described(words: readonly Word[]): string {
  return words.map(({ word, meaning }) => quote(`${word}:${meaning}`)).join(" ");
}

function ask(list: NameList): string {
  return `_sealane_names ${nameLists[list].join(" ")}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
