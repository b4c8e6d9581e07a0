// The real program as a process: pipes, interruption, colour, and how little it loads before it is needed.

import { afterAll, beforeAll, expect, test } from "vitest";
import { createAuthority } from "./certificates.ts";
import type { FakeHub } from "./fake-hub.ts";
import { startFakeHub } from "./fake-hub.ts";
import { configFolder, programPath, shell } from "./invoke.ts";
import { writeConfig } from "./write-config.ts";

let hub: FakeHub;
let files: Awaited<ReturnType<typeof configFolder>>;
let env: { readonly SEALANE_CONFIG: string };
let asked: () => void = () => undefined;

beforeAll(async () => {
  files = await configFolder();
  const authority = await createAuthority("hub");
  const server = await authority.issue({ name: "hub", usage: "server", hosts: ["127.0.0.1"] });
  const getVersion = () => {
    asked();
    return new Promise<never>(() => undefined);
  };
  hub = await startFakeHub({ ca: authority.certificate, server, handlers: { getVersion } });
  const person = await authority.issue({ name: "jo", usage: "client", role: "admin" });
  env = { SEALANE_CONFIG: await writeConfig(files, "jo", hub.address, authority.certificate, person) };
});

afterAll(async () => {
  hub.close();
  await files.close();
});

test("a reader that goes away is no error", async () => {
  const { ended } = shell("$SEALANE explain -o json | true", env);
  expect(await ended).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("output through a pipe is whole, and without colour", async () => {
  const whole = await shell("$SEALANE status | cat", env).ended;
  expect(whole.stdout).toMatch(/^NAME .*\n(?:.*\n)+hub 127\.0\.0\.1:\d+: version 0\.1\.0.*\n$/);
  expect(whole.stdout).not.toContain("\u001b");
  expect(whole.stderr).toBe("");
  expect(whole.code).toBe(1);
});

test("^C ends it at once with 130", async () => {
  const waiting = new Promise<void>((done) => (asked = done));
  const { ended, interrupt } = shell("exec $SEALANE version --timeout 14s", env);
  await waiting;
  interrupt();
  expect(await ended).toMatchObject({
    code: 130,
    stdout: "",
    stderr: expect.stringContaining("(Interrupted)"),
  });
});

test.each(["--help", "get routes --help", "explain RangeOverlap", "version --client", "get nonsense"])(
  "sealane %s loads neither grpc nor wire",
  async (argv) => {
    const hook = [
      'import { registerHooks } from "node:module";',
      "registerHooks({ resolve(specifier, context, next) {",
      '  if (/grpc|protobuf|wire|yaml/.test(specifier)) process.stderr.write("LOADED " + specifier + "\\n");',
      "  return next(specifier, context); } });",
    ].join("\n");
    const url = `data:text/javascript,${encodeURIComponent(hook)}`;
    const { ended } = shell(`"${process.execPath}" --import '${url}' "${programPath}" ${argv}`);
    const { stdout, stderr } = await ended;
    expect(stdout + stderr).not.toBe("");
    expect(stderr).not.toContain("LOADED");
  },
);

test("the hook of the test above sees grpc where it is loaded", async () => {
  const { stderr } = await shell(
    `"${process.execPath}" --import 'data:text/javascript,import { registerHooks } from "node:module"; registerHooks({ resolve(s, c, n) { if (/grpc/.test(s)) process.stderr.write("LOADED"); return n(s, c); } })' "${programPath}" get names`,
    env,
  ).ended;
  expect(stderr).toContain("LOADED");
});
