// A site's membership in files: the certificate with its key in one of mode 0600, the token where a person puts it. A
// token that was not used yet wins over what is stored; one that was used is never shown again.

import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join as joinPath } from "node:path";
import { join, renew } from "../link/join.ts";
import { clusterOfCertificate, expiryUnixMs } from "../link/keys.ts";
import type { Membership } from "../link/membership.ts";
import { replaceFile } from "./replace-file.ts";

/** Where the parts of a membership are. */
export interface MembershipFiles {
  /** Folder of the site's state. */
  readonly state: string;
  /** `host:port` of the hub's sessions; the stored one when absent. */
  readonly hub: string | undefined;
  /** File with a join token; not needed once the site has joined. */
  readonly tokenFile: string | undefined;
}

interface Stored extends Membership {
  /** SHA-256 of the token that bought it, hexadecimal. */
  readonly tokenUsed: string;
}

/**
 * The stored membership, or a new one bought with the token. Throws an error that names the cure when there is neither
 * a certificate that holds nor a token that was not used.
 */
export async function ensureMembership(files: MembershipFiles, nowUnixMs: number): Promise<Membership> {
  const stored = await readStored(files);
  const token = await readToken(files);
  const hub = files.hub ?? stored?.hub;
  const isUsed = token === undefined || hashOf(token) === stored?.tokenUsed;
  const left = await readLeft(files);
  if (left !== undefined && (token === undefined || hashOf(token) === left.tokenUsed))
    throw new Error(howToReturn(files, left));
  const usable = stored !== undefined && expiryUnixMs(stored.credentials.certificate) > nowUnixMs;
  if (usable && isUsed) return { ...stored, hub: hub ?? stored.hub };
  if (token === undefined || isUsed || hub === undefined) throw new Error(howToJoin(files, stored));
  const joined = { hub, ...(await join(hub, token)) };
  await store(files, { ...joined, tokenUsed: hashOf(token) });
  await rm(leftPathOf(files), { force: true });
  return joined;
}

/** The site left by a person's word: its certificate goes, and only a token that was not used brings it back. */
export async function markLeft(files: MembershipFiles, cluster: string): Promise<void> {
  const tokenUsed = (await readStored(files))?.tokenUsed ?? "";
  await replaceFile(leftPathOf(files), `${JSON.stringify({ cluster, tokenUsed } satisfies Left)}\n`, 0o600);
  await rm(pathOf(files), { force: true });
}

interface Left {
  readonly cluster: string;
  /** As in the membership that was. */
  readonly tokenUsed: string;
}

function leftPathOf({ state }: MembershipFiles): string {
  return joinPath(state, "left.json");
}

async function readLeft(files: MembershipFiles): Promise<Left | undefined> {
  const text = await readIfThere(leftPathOf(files));
  return text === undefined ? undefined : (JSON.parse(text) as Left);
}

function howToReturn({ tokenFile }: MembershipFiles, { cluster }: Left): string {
  return (
    `This site left the mesh as "${cluster}" and takes no part. To join again: sealane token create ${cluster}, ` +
    `then write the new token into ${tokenFile ?? "a file and give --token-file"}`
  );
}

/** The same membership with a new certificate, stored. */
export async function renewMembership(files: MembershipFiles, membership: Membership): Promise<Membership> {
  const stored = await readStored(files);
  const credentials = await renew(membership.hub, membership.cluster, membership.credentials);
  const renewed = { ...membership, credentials };
  await store(files, { ...renewed, tokenUsed: stored?.tokenUsed ?? "" });
  return renewed;
}

function pathOf({ state }: MembershipFiles): string {
  return joinPath(state, "membership.json");
}

async function store(files: MembershipFiles, { cluster: _cluster, ...stored }: Stored): Promise<void> {
  await replaceFile(pathOf(files), `${JSON.stringify(stored, undefined, 1)}\n`, 0o600);
}

async function readStored(files: MembershipFiles): Promise<Stored | undefined> {
  const text = await readIfThere(pathOf(files));
  if (text === undefined) return undefined;
  try {
    const { hub, credentials, tokenUsed } = JSON.parse(text) as Stored;
    const { certificate, key, authorities } = credentials;
    const cluster = clusterOfCertificate(certificate);
    if (cluster === undefined) throw new Error("its certificate is no cluster's");
    if ([hub, key, authorities].some((each) => typeof each !== "string")) throw new Error("it is not whole");
    return { cluster, hub, credentials: { certificate, key, authorities }, tokenUsed };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot read ${pathOf(files)}: ${why}. Delete it and join again with a new token.`, {
      cause,
    });
  }
}

async function readToken({ tokenFile }: MembershipFiles): Promise<string | undefined> {
  const text = tokenFile === undefined ? undefined : await readIfThere(tokenFile);
  return text?.trim() || undefined;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

function howToJoin({ state, hub, tokenFile }: MembershipFiles, stored: Stored | undefined): string {
  const certificate =
    stored === undefined
      ? `${state} holds no membership`
      : `The certificate in ${state} expired at ${new Date(expiryUnixMs(stored.credentials.certificate)).toISOString()}`;
  const lack = [
    ...(hub === undefined && stored === undefined ? ["--hub was not given"] : []),
    tokenFile === undefined ? "--token-file was not given" : `${tokenFile} holds no token that was not used`,
  ].join(" and ");
  return `${certificate}, and ${lack}. Create a token on the hub (sealane token create NAME), write it into a file, and give --hub HOST:7443 --token-file FILE.`;
}
