// `sealane status`: is everything as it should be? Exit code 0 yes, 1 no, 3 not known.

import type { Command } from "commander";
import { toRange } from "../views/range.ts";
import { statusKind, statusLines, toStatus } from "../views/status.ts";
import type { Status } from "../views/status.ts";
import type { Hub } from "../connect/hub.ts";
import type { GlobalFlags, Invocation } from "./verb.ts";
import { examples, exitCodeOf, print, withHub } from "./verb.ts";

/** Adds the verb. */
export function addStatus(program: Command, invocation: Invocation): void {
  const { io } = invocation;
  program
    .command("status")
    .description("Shows the hub and every cluster, and says whether all is as it should be.")
    .addHelpText("before", examples("sealane status", "sealane status -o json | jq .healthy"))
    .action(async (_, command: Command) => {
      const flags = command.optsWithGlobals<GlobalFlags>();
      const status = await withHub(flags, io, (hub) => ask(hub, io.now()));
      const head = { healthy: status.healthy, hub: status.hub };
      await print({ kind: statusKind, items: status.clusters, head }, flags.output, io);
      if (flags.output === "table" || flags.output === "wide") {
        io.stdout.write(
          statusLines(status, io.now())
            .map((line) => `${line}\n`)
            .join(""),
        );
      }
      invocation.exitCode = exitCodeOf(status.healthy);
    });
}

/** The status, with the verdicts of quarantined ranges when there are any. */
async function ask(hub: Hub, now: number): Promise<Status> {
  const response = await hub.ask("get the status", "", (client, options) => client.getStatus({}, options));
  const ranges =
    response.rangesQuarantined === 0
      ? []
      : (await hub.ask("list ranges", "", (client, options) => client.listRanges({}, options))).ranges;
  const quarantined = ranges.map(toRange).filter((range) => range.state === "quarantined");
  return toStatus(hub.address, response, quarantined, now);
}
