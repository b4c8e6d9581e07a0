// Reads odd Corefiles beside CoreDNS itself: the zones that it says it serves are the zones that we find, and
// what it refuses we do not take for a file to write into.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseCorefile } from "./corefile.ts";
import type { Namespace } from "./real-coredns.ts";
import { corednsPath, eventually, openNamespace } from "./real-coredns.ts";

let coredns: string;
let folder: string;
let namespace: Namespace;

beforeAll(async () => {
  coredns = await corednsPath();
  folder = await mkdtemp(join(tmpdir(), "sealane-corefile-"));
  namespace = await openNamespace(`sealane-corefile-${process.pid}`);
});

afterAll(async () => {
  await namespace.close();
  await rm(folder, { recursive: true });
});

/** Zones and ports as CoreDNS prints them when it serves, or "refused" when it ends instead. */
async function asCoreDns(corefile: string): Promise<readonly string[] | "refused"> {
  const file = join(folder, "Corefile");
  await writeFile(file, corefile);
  const running = namespace.start(coredns, ["-conf", file]);
  const seen = await eventually("CoreDNS serves or ends", 20_000, () => {
    if (running.status() !== undefined) return "refused";
    return running.output().includes("CoreDNS-1.15.0") ? running.output() : undefined;
  });
  await running.stop();
  if (seen === "refused") return seen;
  return [...seen.matchAll(/^(\S*?)\.?:(\d+)$/gm)]
    .map(([, zone, port]) => `${zone || "."}:${port}`)
    .toSorted();
}

function asWe(corefile: string): readonly string[] | "refused" {
  const parsed = parseCorefile(corefile);
  if ("problem" in parsed) return "refused";
  return parsed.blocks.flatMap((block) => block.zones.map(({ zone, port }) => `${zone}:${port}`)).toSorted();
}

test.each([
  ["several keys, ports and transports", ".:5353 Example.ORG. dns://x.test:54 {\n whoami\n}\n"],
  ["keys over lines by commas", "a.test,\n  b.test:54,\nc.test {\n whoami\n}\n"],
  ["a brace in the next line", "a.test\n{\n whoami\n}\n"],
  [
    "nested braces and quotes",
    'a.test {\n template IN TXT {\n  answer "{{ .Name }} 5 IN TXT \\"b.test {\\""\n }\n}\nc.test {\n whoami\n}\n',
  ],
  ["comments everywhere", "# b.test {\na.test { # }\n whoami # {\n#}\n}\n#c.test {"],
  ["a number sign inside a word", "a.test#b.test c.test {\n whoami\n}\n"],
  ["carriage returns, tabs and a byte order mark", "\ufeffa.test {\r\n\twhoami\r\n}\r\nb.te\rst {\r\n}\r\n"],
  ["a snippet and its import", "(common) {\n whoami\n}\na.test {\n import common\n}\n"],
  ["an import that matches nothing", "import nothing/*.server\na.test {\n whoami\n}\nimport nothing/*.other"],
  ["white space beyond ASCII", "a.test\u00a0b.test\u2003{\u0085 whoami\n}\n"],
  ["a quoted key", '"a.test" {\n whoami\n}\n'],
  ["an empty block", "a.test {\n}\nb.test { }\n"],
  ["no newline at the end", "a.test {\n whoami\n}"],
])("read as CoreDNS reads it: %s", async (_, corefile) => {
  const served = await asCoreDns(corefile);
  expect(served).not.toBe("refused");
  expect(asWe(corefile)).toEqual(served);
});

test.each([
  ["a block that is never closed", "a.test {\n whoami\n"],
  ["a plugin and a closing brace in one line", "a.test {\n whoami }\n"],
  ["an import of two files", "import a b\na.test {\n whoami\n}\n"],
  ["a trailing comma", "a.test, {\n whoami\n}\n"],
])("refused as CoreDNS refuses it: %s", async (_, corefile) => {
  expect(await asCoreDns(corefile)).toBe("refused");
  expect(asWe(corefile)).toBe("refused");
});

test.each([
  ["a block without a zone, which it drops", "{\n whoami\n}\n"],
  ["a brace too many, which it takes for a zone", "a.test {\n whoami\n}\n}\n"],
  ["an open quote, which swallows the rest", 'a.test {\n whoami\n}\n"b.test {\n whoami\n}\n'],
  ["no braces, where what follows would be plugins", "a.test\nwhoami\n"],
])("refused though CoreDNS would start: %s", async (_, corefile) => {
  expect(await asCoreDns(corefile)).not.toBe("refused");
  expect(asWe(corefile)).toBe("refused");
});
