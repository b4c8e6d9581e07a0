// Lays out `.lab/bin`: the programs that people and tests use on this machine, as links into the cache.

import { mkdir, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { debianPrograms } from "./cache/debian.ts";
import { goProgram } from "./cache/go-programs.ts";
import type { Programs } from "./cache/machine-usr.ts";
import { binDirectory } from "./paths.ts";

/** Links every program into `.lab/bin`, replacing what is there. */
export async function linkPrograms(programs: Programs): Promise<void> {
  await mkdir(binDirectory, { recursive: true });
  for (const [name, path] of programs.go) await linkProgram(name, path);
  for (const name of debianPrograms) await linkProgram(name, join(programs.debian, "bin", name));
}

/** The path of grpcurl in `.lab/bin`, built first if the cache has none: few need it. */
export async function grpcurl(): Promise<string> {
  await mkdir(binDirectory, { recursive: true });
  return linkProgram("grpcurl", await goProgram("grpcurl"));
}

async function linkProgram(name: string, target: string): Promise<string> {
  const path = join(binDirectory, name);
  await rm(`${path}.new`, { force: true });
  await symlink(target, `${path}.new`);
  await rename(`${path}.new`, path);
  return path;
}
