// The folder that every machine lays over its /usr: Debian's packages and the Go programs, hard-linked
// together from their own places in the cache.

import { link, mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { output } from "../run.ts";
import { debianPackages } from "./debian.ts";
import { fill, keyOf } from "./fill.ts";
import { allGoPrograms } from "./go-programs.ts";

/** Everything that the lab runs, ready to use. */
export interface Programs {
  /** A folder to lay over /usr. */
  readonly usr: string;
  /** The unpacked Debian packages; wrappers for this machine are in `bin/`. */
  readonly debian: string;
  /** Static Go programs by name. */
  readonly go: ReadonlyMap<string, string>;
}

/** Builds and downloads what is missing and gives where it is. */
export async function allPrograms(): Promise<Programs> {
  const [go, debian] = await Promise.all([allGoPrograms(), debianPackages()]);
  const paths = [...go.values()].toSorted();
  const usr = await fill({
    name: "usr/machine",
    key: keyOf(debian, ...paths),
    doing: "laying programs together",
    build: async (directory) => {
      await output(["cp", "-al", `${debian}/usr/.`, directory]);
      await mkdir(join(directory, "local/bin"), { recursive: true });
      for (const path of paths) await link(path, join(directory, "local/bin", basename(path)));
    },
  });
  return { usr, debian, go };
}
