// The wish that a speaker starts from: what is on disk. Neither its restart nor an agent that is away withdraws a route.

import type { Logger } from "pino";
import type { DesiredRoutes } from "@sealane/core";
import { readPlaced } from "./drivers/bird/files.ts";
import { parseInclude } from "./drivers/bird/parse-include.ts";
import { readLastGood, startingWish } from "./last-good.ts";
import type { SpeakerOptions } from "./options.ts";

/** From the last good state, or else from the include, which says the same of what was applied. */
export async function initialWish(
  options: SpeakerOptions,
  boot: string,
  log: Logger,
): Promise<DesiredRoutes> {
  const read = await readLastGood(options.stateFile);
  if (read.state === "broken")
    log.warn({ why: read.why }, "the last good state cannot be read; the include is used instead");
  const paths = { installPath: options.includeFile, originatePath: options.originateFile };
  const wish = read.state === "found" ? startingWish(read.value, boot) : parseInclude(readPlaced(paths));
  const { install, originate } = wish;
  log.info(
    { from: read.state, install: install.length, originate: originate.length },
    "starting from what is on disk",
  );
  return wish;
}
