// `sealane version`: of this program, and of the hub.

import { version } from "@sealane/core";
import type { Command } from "commander";
import type { Hub } from "../connect/hub.ts";
import type { Kind } from "../print/document.ts";
import type { GlobalFlags, Invocation } from "./verb.ts";
import { examples, print, withHub } from "./verb.ts";

/** One program's version, item of a VersionList. */
export interface ComponentVersion {
  readonly name: "client" | "hub";
  readonly version: string;
  /** Schema versions of the session that it speaks, both ends included; null for the client. */
  readonly schema: { readonly min: number; readonly max: number } | null;
}

/** Of `version`. */
export const versionKind: Kind<ComponentVersion> = {
  word: "version",
  document: "VersionList",
  name: (it) => `${it.name}/${it.version}`,
  columns: [
    { title: "NAME", cell: (it) => it.name },
    { title: "VERSION", cell: (it) => it.version },
    { title: "SCHEMA", cell: ({ schema }) => (schema === null ? "" : `${schema.min}-${schema.max}`) },
  ],
};

const client: ComponentVersion = { name: "client", version, schema: null };

/** Adds the verb. */
export function addVersion(program: Command, { io }: Invocation): void {
  program
    .command("version")
    .description("Prints the versions of this program and of the hub.")
    .option("--client", "only of this program; no hub is asked")
    .addHelpText("before", examples("sealane version", "sealane version --client"))
    .action(async (_, command: Command) => {
      const flags = command.optsWithGlobals<GlobalFlags & { readonly client?: true }>();
      const rest = flags.client === true ? [] : [await withHub(flags, io, ask)];
      await print({ kind: versionKind, items: [client, ...rest] }, flags.output, io);
    });
}

async function ask(hub: Hub): Promise<ComponentVersion> {
  const answer = await hub.ask("get the version", "", (service, options) => service.getVersion({}, options));
  const schema = answer.schema === undefined ? null : { min: answer.schema.min, max: answer.schema.max };
  return { name: "hub", version: answer.version, schema };
}
