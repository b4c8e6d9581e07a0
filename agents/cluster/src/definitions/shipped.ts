// The definitions that come with this program: the files of deploy/crds, which the image holds at the same place.

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import type { Definition } from "./definition.ts";
import { parseShipped } from "./definition.ts";

/** Where they are. */
const folder = join(import.meta.dirname, "../../../../deploy/crds");

/** A definition and its file, as a person names it from the checkout's root. */
export interface ShippedDefinition {
  readonly definition: Definition;
  readonly file: string;
}

/** All of them, by file name. @throws Error when they are missing or not definitions. */
export async function readShipped(): Promise<readonly ShippedDefinition[]> {
  const files = (await readdir(folder)).filter(
    (name) => name.endsWith(".yaml") && name !== "kustomization.yaml",
  );
  return Promise.all(
    files.toSorted().map(async (name) => ({
      definition: parseShipped(parse(await readFile(join(folder, name), "utf8"))),
      file: `deploy/crds/${name}`,
    })),
  );
}
