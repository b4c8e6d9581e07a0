// The first administrator's certificate as a ready configuration of the command line, readable by the hub's user
// alone. Written once, kept current; a folder that somebody took away stays away.

import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Authority } from "./authority.ts";
import { expiryUnixMs, issueForPerson } from "./certificates.ts";

const renewBeforeMs = 30 * 24 * 3600 * 1000;

/** What to write where. */
export interface AdminFilesOptions {
  /** `<data>/admin`. */
  readonly folder: string;
  readonly authority: Authority;
  /** `host:port` at which this hub serves people. */
  readonly hub: string;
  /** True on the hub's first start: the folder is made. */
  readonly first: boolean;
  readonly now: number;
}

/**
 * Writes `ca.crt`, `tls.crt`, `tls.key` and `config.yaml`, whose file names are relative to its own folder.
 * Returns the path of `config.yaml`, or undefined when there is no folder to keep current.
 */
export async function writeAdminFiles(options: AdminFilesOptions): Promise<string | undefined> {
  const { folder, authority, now } = options;
  const certificatePath = join(folder, "tls.crt");
  if (!options.first && !existsSync(certificatePath)) return undefined;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const current = existsSync(certificatePath) ? await readFile(certificatePath, "utf8") : undefined;
  if (current === undefined || expiryUnixMs(current) - now < renewBeforeMs) {
    const { certificate, key } = await issueForPerson(authority, { name: "admin", role: "admin" });
    await replaceFile(join(folder, "tls.key"), key);
    await replaceFile(certificatePath, certificate);
  }
  await replaceFile(join(folder, "ca.crt"), authority.certificate.toString("pem"));
  const config = { hub: options.hub, ca: "ca.crt", certificate: "tls.crt", key: "tls.key" };
  const configPath = join(folder, "config.yaml");
  await replaceFile(configPath, stringify(config));
  return configPath;
}

/** Replaces a file in one step, so that a reader sees the old or the new content, and never for others to read. */
async function replaceFile(path: string, content: string): Promise<void> {
  const text = content.endsWith("\n") ? content : `${content}\n`;
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await chmod(`${path}.new`, 0o600);
  await rename(`${path}.new`, path);
}
