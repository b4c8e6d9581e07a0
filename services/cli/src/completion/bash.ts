// The completion script of bash. Words are in the script; names of things are asked for as they are needed.

import type { FlagValue, NameList, Place } from "./places.ts";
import { allFlags, flagsWithValue, nameLists, pathsBelow } from "./places.ts";

/** The script, to be sourced. Works from bash 4 on. */
export function bashCompletion(places: readonly Place[]): string {
  const values = flagsWithValue(places).filter((it) => !["--config", "--hub"].includes(it));
  return `# Completion of sealane for bash. Load it with: source <(sealane completion bash)
_sealane_names() {
  "\${COMP_WORDS[0]}" "$@" "\${connection[@]}" -o name --timeout 1s 2>/dev/null | sed 's,^[^/]*/,,'
}

_sealane() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} place= word i choice=
  local -a connection=()
  # Bash takes --flag=value apart at the sign.
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      --config|--hub)
        [[ \${COMP_WORDS[i+1]} == = ]] && ((i++))
        connection+=("$word" "\${COMP_WORDS[i+1]}")
        ((i++)) ;;
      ${values.join("|")})
        [[ \${COMP_WORDS[i+1]} == = ]] && ((i++))
        ((i++)) ;;
      -*) ;;
      *)
        case "$place $word" in
          ${pathsBelow(places).map(quote).join("|")})
            place="$place $word" ;;
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
  mapfile -t COMPREPLY < <(compgen -W "$choice" -- "$cur")
}

complete -F _sealane sealane
`;
}

function valueCase(spellings: readonly string[], value: FlagValue): string {
  const act = {
    words: () =>
      `mapfile -t COMPREPLY < <(compgen -W "${value.kind === "words" ? value.words.join(" ") : ""}" -- "$cur")`,
    names: () =>
      `mapfile -t COMPREPLY < <(compgen -W "${value.kind === "names" ? ask(value.list) : ""}" -- "$cur")`,
    file: () => 'mapfile -t COMPREPLY < <(compgen -f -- "$cur")',
    text: () => "COMPREPLY=()",
  }[value.kind]();
  return `    ${spellings.join("|")}) ${act}; return ;;`;
}

function placeCase({ paths, words, names, flags }: Place): string {
  const flagWords = flags.flatMap(({ spellings }) => spellings.filter((it) => it.startsWith("--"))).join(" ");
  const plain = words.map(({ word }) => word).join(" ");
  const asked = names === undefined ? "" : ask(names);
  return `    ${paths.map(quote).join("|")})
      if [[ $cur == -* ]]; then choice="${flagWords}"
      else choice="${[plain, asked].filter((it) => it !== "").join(" ")}"; fi ;;`;
}

function ask(list: NameList): string {
  return `$(_sealane_names ${nameLists[list].join(" ")})`;
}

function quote(path: string): string {
  return `"${path}"`;
}
