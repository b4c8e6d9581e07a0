// Holds some words out of the repository: hosts that packages come from, paths of one person's machine,
// and promises to do it later.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { read, root, textFiles } from "./files.ts";

const self = "test/tidy/words.test.ts";
const files = textFiles().filter((path) => path !== self);

test("no file names a host that packages come from", () => {
  const hosts = [...publicHosts, ...machineHosts()];
  const found = files.flatMap((path) => {
    const text = read(path).toLowerCase();
    return hosts.filter((host) => text.includes(host)).map((host) => `${path}: ${host}`);
  });
  expect(found).toEqual([]);
});

test("no file holds an absolute path of a person's machine", () => {
  expect(matches(personalPath)).toEqual([]);
});

test("nothing is promised for later", () => {
  expect(matches(/\b(?:TODO|FIXME|XXX|HACK)\b/)).toEqual([]);
});

test("no test is skipped, left for later or run alone", () => {
  const tests = files.filter((path) => path.endsWith(".test.ts"));
  expect(
    matches(/\b(?:test|it|describe|suite)(?:\.\w+)*\.(?:skip|skipIf|runIf|todo|only|fails)\b/, tests),
  ).toEqual([]);
});

test("the searches find what they are for", () => {
  expect('cd "/home/jo/x"').toMatch(personalPath);
  expect("see /root/.kube/config").toMatch(personalPath);
  expect("https://example.org/home/page").not.toMatch(personalPath);
  expect("services/root/x").not.toMatch(personalPath);
  expect(publicHosts).toContain(["registry", "npmjs", "org"].join("."));
});

const personalPath = /(?:^|[\s"'`=:(,[])\/(?:root|home|work|Users)\/[\w.-]/;

const publicHosts = [
  "registry.npmjs.org",
  "registry.yarnpkg.com",
  "proxy.golang.org",
  "sum.golang.org",
  "pypi.org",
  "files.pythonhosted.org",
  "deb.debian.org",
  "security.debian.org",
];

/** Hosts that this very machine takes packages from, so that a mirror's name cannot slip in either. */
function machineHosts(): readonly string[] {
  const apt = "/etc/apt/sources.list";
  const said = [
    ask(["npm", "config", "get", "registry"]),
    ask(["go", "env", "GOPROXY"]),
    existsSync(apt) ? readFileSync(apt, "utf8") : "",
  ].join("\n");
  const hosts = [...said.matchAll(/https?:\/\/([\w.-]+)/g)].map((match) => (match[1] ?? "").toLowerCase());
  return [...new Set(hosts)].filter((host) => host.includes(".") && !/^[\d.]+$/.test(host));
}

/** What a program says, and nothing when it is not here. */
function ask(argv: readonly string[]): string {
  const [program = "", ...args] = argv;
  return spawnSync(program, args, { cwd: root, encoding: "utf8", timeout: 20_000 }).stdout ?? "";
}

function matches(pattern: RegExp, paths: readonly string[] = files): readonly string[] {
  return paths.flatMap((path) =>
    read(path)
      .split("\n")
      .flatMap((line, index) =>
        pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 100)}`] : [],
      ),
  );
}
