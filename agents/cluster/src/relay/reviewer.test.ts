// Who a speaker is, as the API server says it: what is asked, and which answers count.

import { WireError } from "@sealane/wire";
import { expect, test } from "vitest";
import type { KubeClient } from "../kube/client.ts";
import { KubeError } from "../kube/error.ts";
import { reviewSpeaker } from "./reviewer.ts";

const account = "system:serviceaccount:sealane-system:sealane-speaker";
const nodeName = "authentication.kubernetes.io/node-name";

/** An API server that knows one answer, and what it was asked. */
function answering(answer: unknown) {
  const asked: unknown[] = [];
  const client: KubeClient = {
    server: "https://api.example",
    request: async (method, path, options) => {
      asked.push([method, path, options?.body]);
      if (answer instanceof Error) throw answer;
      return answer;
    },
    stream: () => Promise.reject(new Error("a review is one request")),
    close: () => Promise.resolve(),
  };
  return { client, asked };
}

const accepted = (user: object) => ({ status: { authenticated: true, user } });

test("the node is the one that the token is bound to, for our audience alone", async () => {
  const { client, asked } = answering(accepted({ username: account, extra: { [nodeName]: ["a1"] } }));
  expect(await reviewSpeaker(client, "secret", account)).toBe("a1");
  expect(asked).toEqual([
    [
      "POST",
      "/apis/authentication.k8s.io/v1/tokenreviews",
      {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenReview",
        spec: { token: "secret", audiences: ["sealane-agent"] },
      },
    ],
  ]);
});

const refusals = [
  ["is not accepted", { status: { authenticated: false, error: "token expired" } }, "token expired"],
  ["is not accepted without a reason", { status: {} }, "not authenticated"],
  ["gets no status", {}, "not authenticated"],
  [
    "is another account's",
    accepted({ username: "system:serviceaccount:shop:web", extra: { [nodeName]: ["a1"] } }),
    "belongs to system:serviceaccount:shop:web, speakers run as",
  ],
  ["is nobody's", accepted({ extra: { [nodeName]: ["a1"] } }), "belongs to nobody"],
  ["is not bound to a node", accepted({ username: account, extra: {} }), "mount a projected token"],
  [
    "is bound to no node at all",
    accepted({ username: account, extra: { [nodeName]: [] } }),
    "not bound to a node",
  ],
] as const;

test.each(refusals)("a token that %s is denied", async (_, answer, why) => {
  const { client } = answering(answer);
  const error = await reviewSpeaker(client, "secret", account).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(WireError);
  expect(error).toMatchObject({ code: "denied", message: expect.stringContaining(why) });
  expect((error as Error).message).not.toContain("secret");
});

test("an API server that cannot be asked denies nobody", async () => {
  const away = new KubeError("away", { status: 0, reason: "Unreachable" });
  await expect(reviewSpeaker(answering(away).client, "secret", account)).rejects.toBe(away);
});
