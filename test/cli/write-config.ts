// Writes configurations as a hub writes them.

import { stringify } from "yaml";
import type { Credentials } from "./certificates.ts";
import type { configFolder } from "./invoke.ts";

type Folder = Pick<Awaited<ReturnType<typeof configFolder>>, "write">;

/** Writes `NAME.yaml` with its three files beside it, named relative to it; gives the path of the former. */
export async function writeConfig(
  { write }: Folder,
  name: string,
  hub: string,
  ca: string,
  person: Credentials,
): Promise<string> {
  await write(`${name}-ca.crt`, ca);
  await write(`${name}.crt`, person.certificate);
  await write(`${name}.key`, person.key);
  const config = { hub, ca: `${name}-ca.crt`, certificate: `${name}.crt`, key: `${name}.key` };
  return write(`${name}.yaml`, stringify(config));
}
