// Keeps the certificate towards the hub fresh for a term. The open session goes on with the old one, which it has
// proven; the next dial uses the new one.

import type { Agent } from "../leader.ts";
import { sleep } from "../kube/backoff.ts";
import { expiryUnixMs, renewalUnixMs } from "./keys.ts";
import type { Membership } from "./membership.ts";
import { renewMembership } from "./membership.ts";

const retryMs = 60_000;
const pauseMsMax = 3_600_000;

/** Starts renewing; `current` is the membership with the newest certificate. */
export function keepRenewed(
  { client, options, metrics, log }: Agent,
  first: Membership,
  signal: AbortSignal,
): { readonly current: () => Membership } {
  let membership = first;
  const show = () => metrics.certificateExpiry.set(expiryUnixMs(membership.credentials.certificate) / 1000);
  const run = async () => {
    while (!signal.aborted) {
      const dueMs = renewalUnixMs(membership.credentials.certificate) - Date.now();
      await sleep(Math.min(Math.max(dueMs, 1_000), pauseMsMax), signal);
      if (signal.aborted || Date.now() < renewalUnixMs(membership.credentials.certificate)) continue;
      try {
        membership = await renewMembership(client, options.namespace, membership, Date.now());
        show();
        log.info("certificate renewed");
      } catch (error) {
        log.warn({ err: error }, "certificate not renewed; it is tried again");
        await sleep(retryMs, signal);
      }
    }
  };
  show();
  void run();
  return { current: () => membership };
}
