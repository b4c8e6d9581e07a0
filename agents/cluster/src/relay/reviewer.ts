// Who a speaker is: its pod's service account token, as the API server judges it. Refuses tokens for another
// audience, another account, or without a node.

import { WireError } from "@sealane/wire";
import type { KubeClient } from "../kube/client.ts";

/** Audience that speakers' tokens are made for. */
const speakerAudience = "sealane-agent";

interface TokenReview {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly error?: string;
    readonly user?: {
      readonly username?: string;
      readonly extra?: Readonly<Record<string, readonly string[]>>;
    };
  };
}

/**
 * The node whose speaker holds this token (TokenReview, authentication.k8s.io/v1). Throws WireError `denied` with
 * what is wrong, or KubeError when the API server cannot be asked.
 */
export async function reviewSpeaker(client: KubeClient, token: string, account: string): Promise<string> {
  const body = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenReview",
    spec: { token, audiences: [speakerAudience] },
  };
  const { status } = (await client.request("POST", "/apis/authentication.k8s.io/v1/tokenreviews", {
    body,
  })) as TokenReview;
  if (status?.authenticated !== true) {
    throw new WireError(
      "denied",
      `the speaker's token is not accepted: ${status?.error ?? "not authenticated"}`,
    );
  }
  if (status.user?.username !== account) {
    throw new WireError(
      "denied",
      `the token belongs to ${status.user?.username ?? "nobody"}, speakers run as ${account}`,
    );
  }
  const node = status.user.extra?.["authentication.kubernetes.io/node-name"]?.[0];
  if (node === undefined) {
    throw new WireError("denied", "the token is not bound to a node: mount a projected token of the pod");
  }
  return node;
}
