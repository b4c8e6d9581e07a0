// Reads back what an earlier leader received, at the start of a term. What is damaged, another cluster's or another
// hub's counts as nothing: then everything is unknown, and what is in the cluster is held.

import { X509Certificate } from "node:crypto";
import { lastGoodPiecesMax } from "@sealane/core";
import { ReceivedView, ShardTable, authorityHash } from "@sealane/wire";
import type { KubeClient } from "../kube/client.ts";
import { KubeError, messageOf } from "../kube/error.ts";
import type { Head, Owner, Standing } from "./last-good-form.ts";
import { parseHead, shardsOf } from "./last-good-form.ts";
import type { Membership } from "./membership.ts";
import { readStoredSecret } from "./secrets.ts";

/** The Secret of the head; pieces have a number from 1 behind it. */
export const lastGoodSecretName = "sealane-last-good";

/** What was read back. */
export interface ReadBack {
  readonly received: ShardTable;
  /** The decoded view of it. */
  readonly view: ReceivedView;
  /** `none`: there was nothing usable, and `received` is empty. */
  readonly standing: Standing | "none";
}

/** Every Secret that a last good state may have; the right to them is given by name. */
export function lastGoodSecretNames(): readonly string[] {
  return [
    lastGoodSecretName,
    ...Array.from({ length: lastGoodPiecesMax }, (_, index) => pieceSecretName(index)),
  ];
}

/** Whose state a member keeps. */
export function ownerOf({ cluster, credentials }: Membership): Owner {
  return { cluster, authority: authorityHash(new X509Certificate(credentials.authorities).raw) };
}

/** Name of the Secret of one piece, counted from 0. */
export function pieceSecretName(index: number): string {
  return `${lastGoodSecretName}-${index + 1}`;
}

/**
 * The last good state of this owner. `onProblem` hears why there is none although something was kept.
 * @throws KubeError when the API server cannot be asked; one that does not allow it counts as none
 */
export async function readLastGood(
  client: KubeClient,
  namespace: string,
  owner: Owner,
  onProblem: (error: Error) => void,
): Promise<ReadBack> {
  try {
    return (await readState(client, namespace, owner)) ?? nothing();
  } catch (error) {
    if (error instanceof KubeError && error.status !== 403) throw error;
    onProblem(
      new Error(
        `The last good state in Secret ${namespace}/${lastGoodSecretName} is not used: ${messageOf(error)}. ` +
          `What is in the cluster is held until the hub is there.`,
        { cause: error },
      ),
    );
    return nothing();
  }
}

async function readState(client: KubeClient, namespace: string, owner: Owner): Promise<ReadBack | undefined> {
  const stored = await readStoredSecret(client, namespace, lastGoodSecretName);
  if (stored === undefined) return undefined;
  const head = parseHead(stored.values);
  refuseForeign(head, owner);
  if (head.pieces === 0) return undefined;
  const pieces = await Promise.all(
    Array.from({ length: head.pieces }, async (_, index) => readPiece(client, namespace, index)),
  );
  const received = await shardsOf(pieces, head.sum);
  return { received, view: new ReceivedView(received), standing: head.standing };
}

async function readPiece(client: KubeClient, namespace: string, index: number): Promise<Buffer> {
  const name = pieceSecretName(index);
  const piece = (await readStoredSecret(client, namespace, name))?.values.get("shards");
  if (piece === undefined) throw new Error(`Secret ${namespace}/${name} is missing or has no key "shards"`);
  return piece;
}

function refuseForeign(head: Head, owner: Owner): void {
  if (head.cluster !== owner.cluster)
    throw new Error(`it is that of cluster "${head.cluster}", and this is "${owner.cluster}"`);
  if (head.authority !== owner.authority) throw new Error("another hub said it");
}

function nothing(): ReadBack {
  const received = new ShardTable();
  return { received, view: new ReceivedView(received), standing: "none" };
}
