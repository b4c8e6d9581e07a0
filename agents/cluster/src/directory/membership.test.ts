// A site without a membership says what it lacks; nothing is shown to anybody before that.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ensureMembership } from "./membership.ts";

async function folder(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "sealane-membership-"));
  onTestFinished(() => rm(root, { recursive: true }));
  await mkdir(join(root, "state"));
  return root;
}

const hub = "127.0.0.1:7443";

test("names each thing that is missing, and the cure", async () => {
  const state = join(await folder(), "state");
  const ensure = (given: { hub?: string; tokenFile?: string }) =>
    ensureMembership({ state, hub: given.hub, tokenFile: given.tokenFile }, 0);
  await expect(ensure({})).rejects.toThrow(
    /holds no membership, and --hub was not given and --token-file was not given\. Create a token on the hub/,
  );
  await expect(ensure({ hub })).rejects.toThrow(/, and --token-file was not given\./);
  await expect(ensure({ hub, tokenFile: join(state, "none") })).rejects.toThrow(
    /none holds no token that was not used/,
  );
});

test("a broken membership is named with its file", async () => {
  const state = join(await folder(), "state");
  await writeFile(join(state, "membership.json"), "{}");
  await expect(ensureMembership({ state, hub, tokenFile: undefined }, 0)).rejects.toThrow(
    /Cannot read .*membership\.json: .*Delete it and join again with a new token/,
  );
});

test("text that is no token is refused before anybody is asked", async () => {
  const root = await folder();
  await writeFile(join(root, "token"), "hello\n");
  const files = { state: join(root, "state"), hub, tokenFile: join(root, "token") };
  await expect(ensureMembership(files, 0)).rejects.toThrow(/token/i);
});
