// The static stub in the operator's Corefile: what is added, what is left alone, and that every other byte stays.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCorefile } from "./corefile.ts";
import { withStub, withoutStub } from "./stub.ts";
import type { StubWish } from "./stub.ts";
import { kubeadmCorefile as kubeadm } from "./testing/kubeadm.ts";

const wish: StubWish = {
  meshZone: "mesh.example",
  addresses: ["fd00:101::53", "10.101.0.53"],
  version: [1, 15, 0],
};

function stubbed(corefile: string, more: Partial<StubWish> = {}): string {
  const result = withStub(corefile, { ...wish, ...more });
  if ("problem" in result) throw new Error(result.problem);
  expect(result.changed).toBe(result.text !== corefile);
  return result.text;
}

function cleared(corefile: string): string {
  const result = withoutStub(corefile, wish.meshZone);
  if ("problem" in result) throw new Error(result.problem);
  return result.text;
}

test("beside kubeadm's Corefile", async () => {
  await expect(stubbed(kubeadm)).toMatchFileSnapshot("golden/kubeadm-stubbed.corefile");
});

test("an unknown version gets no option that an old CoreDNS would refuse the file for", () => {
  expect(stubbed("", { version: undefined })).not.toMatch(/serve_stale|servfail|failfast/);
  expect(stubbed("", { version: [1, 9, 4] })).toMatch(/serve_stale 1h verify\n.*servfail/);
  expect(stubbed("", { version: [1, 9, 4] })).not.toMatch(/failfast/);
});

test("the stub uses the main block's metrics line, and none where there is none", () => {
  expect(
    stubbed(".:53 {\n    prometheus 0.0.0.0:9253\n}\n").match(/prometheus 0\.0\.0\.0:9253/g),
  ).toHaveLength(2);
  expect(stubbed(".:53 {\n    errors\n}\n")).not.toContain("prometheus");
});

test("new addresses replace the block where it stands, whatever surrounds it", () => {
  const before = `# by hand\n${stubbed(kubeadm)}# more, by hand\nexample.org {\n  whoami\n}\n`;
  const after = stubbed(before, { addresses: ["10.99.0.53"] });
  expect(after).toBe(before.replace("forward . 10.101.0.53 fd00:101::53", "forward . 10.99.0.53"));
});

test("a stub that a tool printed anew, in another order and without indentation, is still ours", () => {
  const reprinted = `CLUSTERSET.local, mesh.example.:53 {\nforward . 10.0.0.1\n}\n${kubeadm}`;
  expect(stubbed(reprinted)).toBe(`${stubbed(kubeadm).slice(kubeadm.length)}${kubeadm}`);
});

describe("left alone, with a cure", () => {
  const rows: [name: string, corefile: string, cause: string, problem: RegExp][] = [
    [
      "one of our zones elsewhere",
      "clusterset.local:53 {\n  forward . 10.0.0.1\n}\n",
      "foreign",
      /line 1.*remove/,
    ],
    [
      "our zones with a third",
      "mesh.example clusterset.local example.org {\n forward . 10.0.0.1\n}\n",
      "foreign",
      /line 1/,
    ],
    [
      "our zones, not forwarded",
      "\n\nmesh.example clusterset.local {\n file db.mesh\n}\n",
      "foreign",
      /line 3/,
    ],
    [
      "our stub twice",
      "mesh.example clusterset.local {\n forward . 10.0.0.1\n}\n".repeat(2),
      "foreign",
      /line 4/,
    ],
    ["a brace too few", ".:53 {\n errors\n", "unreadable", /line 1.*never closed/],
    ["a brace too many", ".:53 {\n errors\n}\n}\n", "unreadable", /line 4/],
    ["no braces at all", ".:53\nerrors\n", "unreadable", /put its plugins into/],
    ["an open quote", '.:53 {\n errors "x\n}\n', "unreadable", /line 2.*quote/],
  ];
  test.each(rows)("%s", (_, corefile, cause, problem) => {
    expect(withStub(corefile, wish)).toEqual({ cause, problem: expect.stringMatching(problem) });
  });
  test("nothing to point at", () => {
    expect(withStub(kubeadm, { ...wish, addresses: [] })).toMatchObject({ cause: "wish" });
    expect(withStub(kubeadm, { ...wish, addresses: ["ns.example.org"] })).toMatchObject({ cause: "wish" });
  });
});

test("our zones on other ports and transports, in comments and quotes are nobody's business", () => {
  const corefile = [
    "# mesh.example:53 clusterset.local:53 {",
    "mesh.example:5353 tls://clusterset.local {",
    '    template IN TXT mesh.example {\n        answer "x 5 IN TXT clusterset.local:53 { }"\n    }',
    "}",
    "(clusterset.local) {\n    errors\n}",
    "import /etc/coredns/custom/*.server",
    "",
  ].join("\n");
  expect(withStub(corefile, wish)).toMatchObject({ changed: true, unseen: ["/etc/coredns/custom/*.server"] });
  expect(cleared(stubbed(corefile))).toBe(corefile);
});

/** Readable Corefiles as people write them: comments, odd white space, both line ends, snippets, imports. */
const readable = (() => {
  const gap = fc.constantFrom(
    "\n",
    "\r\n",
    "\n\n",
    "\n\t\n",
    " \n",
    "\n# mesh.example {\n",
    "\n  # }\n",
    " # it's\n",
  );
  const blank = fc.constantFrom(" ", "  ", "\t", " \t ");
  const key = fc.constantFrom(
    ".:53",
    "example.org",
    "dns://x.test:53",
    "10.0.0.0/8",
    "(common)",
    "a.test,\n b.test",
  );
  const argument = fc.constantFrom(
    ".",
    "10.0.0.1",
    '"a { b"',
    '"}\\""',
    "x#y",
    "{$HOME}",
    '""',
    "/etc/resolv.conf",
  );
  const line = fc
    .tuple(fc.constantFrom("errors", "forward", "import", "log"), fc.array(argument, { maxLength: 3 }), blank)
    .map(([plugin, words, space]) => [plugin, ...words].join(space));
  const properties = fc
    .tuple(line, fc.array(line, { maxLength: 2 }), gap)
    .map(([head, body, newline]) => `${head} {${newline}${body.map((each) => each + newline).join("")}}`);
  const server = fc
    .tuple(key, blank, gap, fc.array(fc.oneof(line, properties), { maxLength: 4 }))
    .map(
      ([zone, space, newline, body]) =>
        `${zone}${space}{${newline}${body.map((each) => each + newline).join("")}}`,
    );
  const part = fc.oneof(server, fc.constant("import ../custom/*.server"), fc.constant("# only a comment"));
  return fc
    .tuple(fc.array(fc.tuple(part, gap)), fc.constantFrom("", "\ufeff"), fc.option(part, { nil: "" }))
    .map(([parts, mark, last]) => mark + parts.flat().join("") + last);
})();

test("adding twice is adding once, and removing gives every byte back", () => {
  fc.assert(
    fc.property(readable, (corefile) => {
      expect(parseCorefile(corefile)).not.toHaveProperty("problem");
      const once = stubbed(corefile);
      expect(stubbed(once)).toBe(once);
      expect(cleared(once)).toBe(corefile);
      expect(cleared(stubbed(once, { addresses: ["10.9.9.9"], version: undefined }))).toBe(corefile);
      expect(cleared(corefile)).toBe(corefile);
    }),
    { numRuns: 1_000 },
  );
});

test("of any text at all, every byte outside the stub stays", () => {
  const noise = fc.array(
    fc.constantFrom("{", "}", "\n", " ", "#", '"', "\\", "a.test", "import", ",", "\r", "x"),
  );
  fc.assert(
    fc.property(noise, (parts) => {
      const corefile = parts.join("");
      const result = withStub(corefile, wish);
      if ("problem" in result) return;
      expect(result.text.startsWith(corefile)).toBe(true);
      expect(cleared(result.text)).toBe(corefile);
    }),
    { numRuns: 2_000 },
  );
});
