// Our own include read back into the wish that it was rendered from: what was applied, on disk. What a line means is
// the core's business; which of the two files says what is decided here.

import { parseBird } from "@sealane/core";
import type { DesiredRoutes } from "@sealane/core";
import type { PlacedText } from "./files.ts";

/** The wish of the files in place; a file that is not there adds nothing. */
export function parseInclude({ install, originate }: PlacedText): DesiredRoutes {
  return {
    install: parseBird(install ?? "").install,
    originate: parseBird(originate ?? "").originate,
    withheld: [],
  };
}
