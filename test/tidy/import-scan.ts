// Finds what a TypeScript file imports, and where that leads. It knows no rule about who may import whom.

import { posix } from "node:path";

/** One import of one file. */
export interface Import {
  /** The importing file, from the repository's root. */
  readonly from: string;
  /** The text between the quotes. */
  readonly specifier: string;
  /**
   * Where it leads: a path from the repository's root for a relative import, a workspace's folder for
   * `@sealane/...`, `node:...` for Node's own, else the package's name.
   */
  readonly target: string;
}

const clauses = [
  /^[ \t]*(?:import|export)\b[^;"'`]*?\bfrom\s*"([^"]+)"/gm,
  /^[ \t]*import\s*"([^"]+)"/gm,
  /\bimport\(\s*"([^"]+)"\s*\)/g,
];

/** Every import of a file: static, re-export, for its side effect, dynamic and `import("...")` types. */
export function importsOf(from: string, text: string): readonly Import[] {
  const code = withoutComments(text);
  const specifiers = clauses.flatMap((clause) => [...code.matchAll(clause)].map((match) => match[1] ?? ""));
  return specifiers.map((specifier) => ({ from, specifier, target: targetOf(from, specifier) }));
}

/** Code with every comment blanked; line numbers stay. */
function withoutComments(text: string): string {
  return text.replaceAll(lexeme, (part) => (isComment(part) ? blank(part) : part));
}

/** Code with every comment and the inside of every plain string blanked; line numbers stay. */
export function codeOnly(text: string): string {
  return text.replaceAll(lexeme, (part) => {
    if (isComment(part)) return blank(part);
    return part.startsWith("`") ? part : `"${" ".repeat(part.length - 2)}"`;
  });
}

/** The workspace folder (`services/core`, `test`) or top-level name that owns a path. */
export function ownerOf(path: string): string {
  const [first = "", second = ""] = path.split("/");
  return first === "services" || first === "agents" ? `${first}/${second}` : first;
}

const lexeme = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[^])*`|\/\/[^\n]*|\/\*[^]*?\*\//g;

const workspaces: Readonly<Record<string, string>> = {
  "@sealane/core": "services/core",
  "@sealane/wire": "services/wire",
  "@sealane/hub": "services/hub",
  "@sealane/cli": "services/cli",
  "@sealane/agent-cluster": "agents/cluster",
  "@sealane/agent-speaker": "agents/speaker",
  "@sealane/test": "test",
};

function targetOf(from: string, specifier: string): string {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(from), specifier);
  if (specifier.startsWith("node:")) return specifier;
  const parts = specifier.split("/");
  const name = parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
  return workspaces[name] ?? name;
}

function isComment(part: string): boolean {
  return part.startsWith("//") || part.startsWith("/*");
}

function blank(part: string): string {
  return part.replaceAll(/[^\n]/g, " ");
}
