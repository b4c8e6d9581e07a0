// The lab's hub: a process on the plain host `hub`, run from the checkout, with documents for the clusters
// that run. It is started once and left alone when clusters are added: only its documents change.

import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { hubAddress } from "../addresses.ts";
import type { Lab } from "../lab.ts";
import { daemonPid, startDaemon, stopDaemon } from "../machine/daemon.ts";
import { writeMachineFiles } from "../machine/files.ts";
import { machineState, repository } from "../paths.ts";
import { waitUntil } from "../wait.ts";
import { invokeSealane, sealaneConfig } from "./cli.ts";
import { hubDocuments } from "./documents.ts";

/** The daemon's name on the machine `hub`; its log is `.lab/logs/hub/sealane-hub.log`. */
const hubDaemon = "sealane-hub";

/** Where the hub reads its documents, on its machine. */
const documentsDirectory = "/etc/sealane";

/** Where the hub keeps its state, on its machine. */
const hubDataDirectory = "/var/lib/sealane";

/** `host:port` of the hub's sessions. */
export const hubSessions = `${hubAddress.v4}:7443`;

const startTimeoutMs = 30_000;

/**
 * Starts the hub unless it runs, with documents for every cluster of the lab, and waits until it answers.
 * `key` names the code: a hub that runs other code is started anew.
 */
export async function startHub(lab: Lab, key: string): Promise<void> {
  await writeMachineFiles(lab.hub.name, documentsDirectory, {
    "lab.yaml": hubDocuments(lab.clusters.map((cluster) => cluster.plan)),
  });
  const marker = join(machineState(lab.hub.name), hubDaemon);
  const running = (await daemonPid(lab.hub, hubDaemon)) !== undefined;
  if (!running || (await readFile(marker, "utf8").catch(() => "")) !== key) {
    await stopDaemon(lab.hub, hubDaemon);
    await startDaemon(lab.hub, {
      name: hubDaemon,
      argv: [
        join(repository, "node_modules/.bin/node"),
        join(repository, "services/hub/src/main.ts"),
        ...["--data", hubDataDirectory, "--documents", documentsDirectory],
        ...["--advertise", hubAddress.v4, "--advertise", hubAddress.v6],
      ],
    });
    await writeFile(marker, key);
  }
  await waitUntil(
    { what: `the hub to answer (.lab/logs/${lab.hub.name}/${hubDaemon}.log)`, timeoutMs: startTimeoutMs },
    async () => {
      await writeConfig(lab.hub.name);
      const { exitCode, stderr } = await invokeSealane(["version"]);
      if (exitCode !== 0) throw new Error(stderr.trim());
      return true;
    },
  );
}

/** The configuration that the hub made for its first administrator, with its files' content in place. */
async function writeConfig(machine: string): Promise<void> {
  const folder = join(machineState(machine), hubDataDirectory, "admin");
  const made: Record<string, string> = parse(await readFile(join(folder, "config.yaml"), "utf8"));
  const read = (field: string) => readFile(join(folder, made[field] ?? field), "utf8");
  const config = {
    hub: hubSessions,
    ca: await read("ca"),
    certificate: await read("certificate"),
    key: await read("key"),
  };
  await mkdir(dirname(sealaneConfig), { recursive: true });
  await writeFile(`${sealaneConfig}.new`, stringify(config), { mode: 0o600 });
  await rename(`${sealaneConfig}.new`, sealaneConfig);
}
