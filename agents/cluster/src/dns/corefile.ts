// Reads a Corefile's server blocks: which zones at which ports, and the directives of each, with their
// places in the text. Judges structure only; what a plugin makes of its arguments is CoreDNS's business.

import type { Token } from "./corefile-tokens.ts";
import { beginsLine, tokens } from "./corefile-tokens.ts";

/** A zone served at a port, over plain DNS. */
export interface ZonePort {
  /** Lower case, without the last dot; `.` is the root. */
  readonly zone: string;
  readonly port: number;
}

/** A server block. */
export interface ServerBlock {
  /** Zones that it serves over plain DNS; keys of other transports are not among them. */
  readonly zones: readonly ZonePort[];
  /** One array of words for each directive, its properties and their braces included. */
  readonly directives: readonly (readonly string[])[];
  /** Offset of the first key. */
  readonly start: number;
  /** Offset behind the closing brace. */
  readonly end: number;
}

/** What a Corefile says. */
export interface Corefile {
  readonly blocks: readonly ServerBlock[];
  /** Files that it imports at its top level, where they may add server blocks that are not seen here. */
  readonly imports: readonly string[];
}

/** Why a text is no Corefile, with its line. */
export interface Problem {
  readonly problem: string;
}

/** The Corefile, or why CoreDNS would refuse it or take it for something else than it seems to be. */
export function parseCorefile(text: string): Corefile | Problem {
  const words = tokens(text);
  if ("problem" in words) return words;
  const blocks: ServerBlock[] = [];
  const imports: string[] = [];
  const snippets = new Set<string>();
  for (let at = 0; at < words.length;) {
    const read = words[at]?.text === "import" ? readImport(words, at, snippets) : readBlock(words, at);
    if ("problem" in read) return read;
    if ("pattern" in read) imports.push(read.pattern);
    else if (read.snippet === undefined) blocks.push(read.block);
    else snippets.add(read.snippet);
    at = read.next;
  }
  return { blocks, imports };
}

/** Something that was read, and where the next thing begins. */
type Read<T> = (T & { readonly next: number }) | Problem;

function readImport(
  words: readonly Token[],
  at: number,
  snippets: ReadonlySet<string>,
): Read<{ readonly pattern: string }> {
  const [word, pattern, behind] = words.slice(at, at + 3);
  if (pattern === undefined || beginsLine(pattern, word)) return problemAt(word, "import names no file");
  if (behind !== undefined && !beginsLine(behind, pattern))
    return problemAt(word, "import names more than one file");
  if (snippets.has(pattern.text)) {
    return problemAt(word, `snippet "${pattern.text}" stands for whole server blocks; write them out`);
  }
  return { pattern: pattern.text, next: at + 2 };
}

function readBlock(
  words: readonly Token[],
  at: number,
): Read<{ readonly block: ServerBlock; readonly snippet: string | undefined }> {
  const keys = readKeys(words, at);
  if ("problem" in keys) return keys;
  const body = readBody(words, keys.next);
  if ("problem" in body) return body;
  const only = keys.keys.length === 1 ? keys.keys[0] : undefined;
  const snippet = only?.startsWith("(") && only.endsWith(")") ? only.slice(1, -1) : undefined;
  const start = words[at]?.start ?? 0;
  const end = words[body.next - 1]?.end ?? start;
  const block = { zones: keys.keys.flatMap(zonePort), directives: body.directives, start, end };
  return { block, snippet, next: body.next };
}

/** The keys up to and with the opening brace; behind a comma they go on in the next line. */
function readKeys(words: readonly Token[], from: number): Read<{ readonly keys: readonly string[] }> {
  const keys: string[] = [];
  let goesOn = false;
  for (let at = from; at < words.length; at += 1) {
    const word = words[at];
    if (word === undefined) break;
    if (word.text === "{" && !goesOn && keys.length > 0) return { keys, next: at + 1 };
    if (word.text === "{" || word.text === "}")
      return problemAt(word, `"${word.text}" stands where a zone belongs`);
    if (beginsLine(word, words[at - 1]) && at > from) {
      if (!goesOn) break;
      if (word.text === "import") return problemAt(word, "import stands where a zone belongs");
    }
    if (word.text === "") continue;
    goesOn = word.text.endsWith(",");
    keys.push(goesOn ? word.text.slice(0, -1) : word.text);
  }
  return problemAt(words[from], `server block "${keys.join(" ")}" has no braces; put its plugins into { }`);
}

/** The directives up to and with the closing brace, each up to its line's end or its own closing brace. */
function readBody(
  words: readonly Token[],
  from: number,
): Read<{ readonly directives: readonly (readonly string[])[] }> {
  const directives: string[][] = [];
  let depth = 0;
  for (let at = from; at < words.length; at += 1) {
    const word = words[at];
    if (word === undefined) break;
    const newLine = beginsLine(word, words[at - 1]);
    if (depth === 0 && word.text === "}") {
      if (newLine || at === from) return { directives, next: at + 1 };
      return problemAt(word, '"}" stands behind a plugin; put it into a line of its own');
    }
    if (depth === 0 && (at === from || (newLine && word.text !== "{"))) directives.push([]);
    directives.at(-1)?.push(word.text);
    if (word.text === "{") depth += 1;
    if (word.text === "}") depth -= 1;
  }
  return problemAt(words[from - 1], "the brace opened here is never closed");
}

/** The zone and port of a key: `example.org`, `.:53`, `dns://example.org.:5353`; none of another transport. */
function zonePort(key: string): ZonePort[] {
  const [, transport = "dns", rest = ""] = /^(?:([a-z0-9]+):\/\/)?(.*)$/s.exec(key) ?? [];
  if (transport !== "dns") return [];
  const [, name = "", port = "53"] = /^(.*?)(?::(\d+))?$/s.exec(rest) ?? [];
  const zone = name.toLowerCase().replace(/\.$/, "");
  return [{ zone: zone === "" ? "." : zone, port: Number(port) }];
}

function problemAt(word: Token | undefined, problem: string): Problem {
  return { problem: `line ${word?.line ?? 1}: ${problem}` };
}
