// Splits a Corefile into tokens the way CoreDNS does (its Caddyfile lexer), each with its place in the text.
// Refuses an unclosed quote, with which CoreDNS would silently take the rest of the file for one word.

/** A word of a Corefile. */
export interface Token {
  /** The word; quotes removed, `\"` inside quotes resolved. */
  readonly text: string;
  /** Offset of its first character, the quote included. */
  readonly start: number;
  /** Offset behind its last character. */
  readonly end: number;
  /** Line of its first character, from 1. */
  readonly line: number;
}

/** White space as Go's unicode.IsSpace knows it, without the carriage return, which the lexer drops anywhere. */
const space = /[\t\n\v\f \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** The tokens of a Corefile, or why it has none. */
export function tokens(text: string): readonly Token[] | { readonly problem: string } {
  const found: Token[] = [];
  let at = text.startsWith("\ufeff") ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const character = text.charAt(at);
    if (character === "\n") line += 1;
    if (character === "\r" || space.test(character)) at += 1;
    else if (character === "#") at = endOfLine(text, at);
    else {
      const token = character === '"' ? quoted(text, at, line) : bare(text, at, line);
      if (token === undefined) return { problem: `line ${line}: a quote is opened and never closed` };
      found.push(token);
      line += count(text.slice(at, token.end), "\n");
      at = token.end;
    }
  }
  return found;
}

/** Whether `token` begins a line, given the one before it. */
export function beginsLine(token: Token, before: Token | undefined): boolean {
  return before === undefined || before.line + count(before.text, "\n") < token.line;
}

/** Only a quote can be escaped; any other backslash is itself. */
function quoted(text: string, start: number, line: number): Token | undefined {
  let word = "";
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') return { text: word, start, end: at + 1, line };
    if (character === "\\" && at + 1 < text.length) {
      at += 1;
      word += text.charAt(at) === '"' ? '"' : `\\${text.charAt(at)}`;
    } else word += character;
  }
  return undefined;
}

/** A number sign inside a word hides what follows it up to white space, not up to the line's end. */
function bare(text: string, start: number, line: number): Token {
  let word = "";
  let hidden = false;
  let at = start;
  for (; at < text.length && !space.test(text.charAt(at)); at += 1) {
    const character = text.charAt(at);
    if (character === "#") hidden = true;
    if (!hidden && character !== "\r") word += character;
  }
  return { text: word, start, end: at, line };
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end;
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}
