// Prints Corefile blocks. Refuses nothing: what enters was judged by zone.ts.

/** A line, or a line with a body in braces. */
export type Statement = string | Block;

/** `head { body }`: a server block, or a plugin with properties. */
export interface Block {
  readonly head: string;
  readonly body: readonly Statement[];
}

/** A block of a head and its body. */
export function block(head: string, ...body: readonly Statement[]): Block {
  return { head, body };
}

/** The Corefile text of blocks in the order given; ends in a newline. */
export function print(blocks: readonly Block[]): string {
  return blocks.map((each) => statementText(each, "")).join("");
}

function statementText(statement: Statement, indent: string): string {
  if (typeof statement === "string") return `${indent}${statement}\n`;
  const body = statement.body.map((each) => statementText(each, `${indent}    `)).join("");
  return `${indent}${statement.head} {\n${body}${indent}}\n`;
}
