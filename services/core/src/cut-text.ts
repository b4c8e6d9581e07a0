// Long text made to fit, at the end of a character: half of one would be changed on its way, and never be what was meant.

const dots = "...";

/** At most so many UTF-16 units, dots included. */
export function cutChars(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : cut(text, charsMax, (character) => character.length);
}

/** At most so many bytes of UTF-8, dots included. */
export function cutBytes(text: string, bytesMax: number): string {
  return cut(text, bytesMax, utf8Bytes);
}

function cut(text: string, max: number, sizeOf: (character: string) => number): string {
  let size = 0;
  let end = 0;
  let kept = 0;
  for (const character of text) {
    size += sizeOf(character);
    if (size > max) return `${text.slice(0, kept)}${dots}`;
    end += character.length;
    if (size <= max - dots.length) kept = end;
  }
  return text;
}

/** Half a character travels as the three bytes of U+FFFD. */
function utf8Bytes(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x1_0000 ? 3 : 4;
}
