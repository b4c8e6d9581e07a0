// `sealane get`: lists of what the hub knows. A list is an answer whatever it holds: exit code 0.

import type { Command } from "commander";
import { usageError } from "../error.ts";
import { addNarrowing, resources } from "./resources.ts";
import type { GetFlags, Resource } from "./resources.ts";
import type { GlobalFlags, Invocation } from "./verb.ts";
import { examples, withHub } from "./verb.ts";

/** Adds the verb with one subcommand for each resource. */
export function addGet(program: Command, invocation: Invocation): void {
  const get = program
    .command("get")
    .description("Lists what the hub knows.")
    .usage("RESOURCE [NAME...] [options]")
    .argument("[resource]", "what to list")
    .addHelpText(
      "before",
      examples(
        "sealane get clusters",
        "sealane get services -n shop -o wide",
        "sealane get routes --cluster b",
      ),
    )
    .action((word: string | undefined) => {
      const all = resources.map(({ words: [plural] }) => plural).join(", ");
      const got = word === undefined ? "no resource is named" : `"${word}" is no resource`;
      throw usageError("get", `Cannot list: ${got}`, `it must be one of ${all}`, "sealane get --help");
    });
  for (const resource of resources) addResource(get, resource, invocation);
}

function addResource(get: Command, resource: Resource, { io }: Invocation): void {
  const [plural, ...others] = resource.words;
  const command = get
    .command(plural)
    .aliases(others)
    .description(resource.description)
    .argument(`[${resource.filter}...]`, "only these; one that is not there is an error")
    .addHelpText("before", examples(...resource.examples));
  addNarrowing(command, resource.flags);
  command.action(async (names: readonly string[], _, self: Command) => {
    const flags = self.optsWithGlobals<GlobalFlags & GetFlags>();
    resource.check(flags);
    await withHub(flags, io, (hub) => resource.print(hub, flags, names, io));
  });
}
