// The definitions of a cluster once, by a person or a Job with the right to them: what was done to each is printed.

import { access } from "../kube/auth.ts";
import { createKubeClient } from "../kube/client.ts";
import { messageOf } from "../kube/error.ts";
import type { AgentOptions } from "../options.ts";
import type { InstallMode } from "./install.ts";
import { installAll } from "./install.ts";
import type { InstallStatus } from "./report.ts";
import { reportText, statusOf } from "./report.ts";
import { readShipped } from "./shipped.ts";

/** Whose cluster, and whether anything is written. */
export interface DefinitionsOptions extends Pick<AgentOptions, "kubeconfig" | "context"> {
  readonly mode: InstallMode;
}

/** Prints what it did to each definition, or why it could not begin; gives the exit status. */
export async function installDefinitions(
  options: DefinitionsOptions,
  write: (text: string) => void,
): Promise<InstallStatus> {
  try {
    return await install(options, write);
  } catch (error) {
    write(`${messageOf(error)}\n`);
    return 3;
  }
}

async function install(
  { kubeconfig, context, mode }: DefinitionsOptions,
  write: (text: string) => void,
): Promise<InstallStatus> {
  const client = createKubeClient(
    await access({
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(context === undefined ? {} : { context }),
    }),
  );
  try {
    const outcomes = await installAll(client, await readShipped(), mode);
    write(reportText(outcomes, mode));
    return statusOf(outcomes);
  } finally {
    await client.close();
  }
}
