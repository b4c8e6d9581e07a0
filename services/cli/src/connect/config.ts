// Finds and reads the file that says where the hub is and who the caller is.
//
//     hub: hub.example:7443            host:port; IPv6 as [::1]:7443
//     ca: ca.crt                       each a path beside this file, or the PEM text itself
//     certificate: client.crt
//     key: client.key
//
// A file is never taken from the working directory: what lies in a checkout must not decide which hub is asked. Only
// the checkout that the program itself is run from may: a person without a configuration gets its running quickstart.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { CliError } from "../error.ts";
import type { Io } from "../io.ts";

/** Where the hub is and who the caller is. */
export interface ClientConfig {
  /** The file it came from. */
  readonly path: string;
  /** `host:port`. */
  readonly hub: string;
  /** PEM texts. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** What the flags say about it. */
export interface ConfigFlags {
  readonly config?: string;
  readonly hub?: string;
}

const fields = ["hub", "ca", "certificate", "key"] as const;

/** What of the surroundings says where the file is. */
type Surroundings = Pick<Io, "env" | "home" | "quickstart">;

/**
 * The file to read: `--config`, else SEALANE_CONFIG, else `sealane/config.yaml` in the person's configuration folder,
 * else that of a quickstart that runs in the program's own checkout.
 */
function configPath(flags: ConfigFlags, { env, home, quickstart }: Surroundings): string {
  const named = flags.config ?? env["SEALANE_CONFIG"] ?? "";
  if (named !== "") return resolve(named);
  const folder = env["XDG_CONFIG_HOME"] ?? "";
  const own = join(folder === "" ? join(home, ".config") : folder, "sealane/config.yaml");
  return quickstart !== undefined && !existsSync(own) && existsSync(quickstart) ? quickstart : own;
}

/** The configuration with `--hub` in place of the file's hub. Throws a CliError that names what is wrong with it. */
export async function loadConfig(flags: ConfigFlags, io: Surroundings): Promise<ClientConfig> {
  const path = configPath(flags, io);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw missing(path, cause);
  });
  const { parse } = await import("yaml");
  let body: unknown;
  try {
    body = parse(text);
  } catch (cause) {
    throw invalid(path, `it is not YAML: ${firstLine(cause)}`, cause);
  }
  const values = readFields(path, body);
  const hub = flags.hub ?? values.hub;
  if (!/^(?:\[[\da-fA-F:.]+\]|[\w.-]+):\d{1,5}$/.test(hub))
    throw invalidHub(hub, flags.hub === undefined ? path : "--hub");
  const [ca, certificate, key] = await Promise.all([
    pem(path, "ca", values.ca),
    pem(path, "certificate", values.certificate),
    pem(path, "key", values.key),
  ]);
  return { path, hub, ca, certificate, key };
}

function readFields(path: string, body: unknown): Readonly<Record<(typeof fields)[number], string>> {
  const record = typeof body === "object" && body !== null ? Object.entries(body) : [];
  const find = (field: string): unknown => record.find(([name]) => name === field)?.[1];
  const faults = fields.filter((field) => typeof find(field) !== "string" || find(field) === "");
  const unknown = record.map(([name]) => name).filter((name) => !fields.some((field) => field === name));
  if (faults.length > 0) throw invalid(path, `it lacks ${faults.join(", ")}`);
  if (unknown.length > 0) throw invalid(path, `it has unknown fields: ${unknown.join(", ")}`);
  return {
    hub: String(find("hub")),
    ca: String(find("ca")),
    certificate: String(find("certificate")),
    key: String(find("key")),
  };
}

/** The PEM text of a field: itself, or what the file that it names holds. */
async function pem(path: string, field: string, value: string): Promise<string> {
  if (value.includes("-----BEGIN ")) return value;
  const file = resolve(dirname(path), value);
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw invalid(path, `its ${field} "${file}" cannot be read: ${firstLine(cause)}`, cause);
  });
  if (!text.includes("-----BEGIN ")) throw invalid(path, `its ${field} "${file}" holds no PEM`);
  return text;
}

function missing(path: string, cause: unknown): CliError {
  return new CliError(
    {
      reason: "ConfigMissing",
      object: `config ${path}`,
      message: `Cannot read the configuration "${path}": ${firstLine(cause)}`,
      must: "--config, SEALANE_CONFIG or ~/.config/sealane/config.yaml must name a readable file, or a quickstart run here (npm start)",
      next: "sealane --config DATA/admin/config.yaml status   # DATA is the hub's data directory, which has one",
    },
    { cause },
  );
}

function invalid(path: string, fault: string, cause?: unknown): CliError {
  return new CliError(
    {
      reason: "ConfigInvalid",
      object: `config ${path}`,
      message: `Cannot use the configuration "${path}": ${fault}`,
      must: `it must hold ${fields.join(", ")}; the last three each a path or PEM text`,
      next: "correct the file, or name another one with --config",
    },
    { cause },
  );
}

function invalidHub(hub: string, where: string): CliError {
  return new CliError({
    reason: where === "--hub" ? "Usage" : "ConfigInvalid",
    object: where,
    message: `Cannot use hub "${hub}" of ${where}: it is not host:port`,
    must: "it must be host:port, as in hub.example:7443 or [2001:db8::1]:7443",
    next: "sealane --hub hub.example:7443 status",
  });
}

/** Why a file could not be read, or a text not be parsed, in one line. */
function firstLine(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES") return "you may not read it";
  return (cause instanceof Error ? cause.message : String(cause)).split("\n")[0] ?? "";
}
