// The rendered folder: whole files, only when bytes change, and nothing of anybody else's.

import { mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { RenderedFolder, headLine } from "./rendered-folder.ts";

const text = (body: string): string => `${headLine("#")}\n${body}\n`;

async function folder() {
  const root = await mkdtemp(join(tmpdir(), "sealane-rendered-"));
  onTestFinished(() => rm(root, { recursive: true }));
  const changes: string[] = [];
  const rendered = new RenderedFolder(root, ({ action, path }) => changes.push(`${action} ${path}`));
  return { root, rendered, changes };
}

test("writes when bytes change, leaving no file beside", async () => {
  const { root, rendered, changes } = await folder();
  await rendered.write("imports/shop/web.yaml", text("one"));
  const before = await stat(join(root, "imports/shop/web.yaml"));
  await rendered.write("imports/shop/web.yaml", text("one"));
  expect((await stat(join(root, "imports/shop/web.yaml"))).ino).toBe(before.ino);
  await rendered.write("imports/shop/web.yaml", text("two"));
  expect(await readFile(join(root, "imports/shop/web.yaml"), "utf8")).toBe(text("two"));
  expect(await readdir(join(root, "imports/shop"))).toEqual(["web.yaml"]);
  expect(changes).toEqual(["write imports/shop/web.yaml", "write imports/shop/web.yaml"]);
});

test("leaves a file alone that does not begin with our line", async () => {
  const { root, rendered } = await folder();
  await writeFile(join(root, "Corefile"), ". { whoami }\n");
  await expect(rendered.write("Corefile", text("x"))).rejects.toThrow(
    /Corefile: .*not Sealane's.*Move it away/,
  );
  await rendered.remove("Corefile");
  expect(await readFile(join(root, "Corefile"), "utf8")).toBe(". { whoami }\n");
  expect(await rendered.readOwn("Corefile")).toBeUndefined();
});

test("removes its file and the folder that it leaves empty, but none with something else in it", async () => {
  const { root, rendered } = await folder();
  await rendered.write("imports/shop/web.yaml", text("one"));
  await rendered.write("imports/pay/api.yaml", text("one"));
  await writeFile(join(root, "imports/pay/README"), "mine");
  await rendered.remove("imports/shop/web.yaml");
  await rendered.remove("imports/pay/api.yaml");
  await rendered.remove("imports/pay/api.yaml");
  expect(await rendered.names("imports")).toEqual(["pay"]);
  expect(await rendered.names("imports/pay")).toEqual(["README"]);
  expect(await rendered.names("nowhere")).toEqual([]);
});

test("tells once which files others changed or removed", async () => {
  const { root, rendered } = await folder();
  for (const name of ["a", "b", "c"]) await rendered.write(`bird/${name}.conf`, text(name));
  expect(await rendered.changedByOthers()).toEqual([]);
  await writeFile(join(root, "bird/a.conf"), text("edited"));
  await utimes(join(root, "bird/a.conf"), 1, 1);
  await rm(join(root, "bird/c.conf"));
  expect(await rendered.changedByOthers()).toEqual(["bird/a.conf", "bird/c.conf"]);
  expect(await rendered.changedByOthers()).toEqual([]);
});
