// A stranger's tool: grpcurl lists the hub's services by reflection and calls one with the command line's certificate.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { grpcurl, output } from "../lab/index.ts";
import { sealaneConfig } from "../lab/sealane/cli.ts";
import { openStory } from "./story.ts";

/** The command line's configuration, with PEM text in it. */
interface Config {
  readonly hub: string;
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

let call: (...args: readonly string[]) => Promise<string>;

let folder = "";

afterAll(() => rm(folder, { recursive: true, force: true }));

beforeAll(async () => {
  await openStory();
  const config = parse(await readFile(sealaneConfig, "utf8")) as Config;
  folder = await mkdtemp(join(tmpdir(), "sealane-grpcurl-"));
  const file = async (name: "ca" | "certificate" | "key") => {
    await writeFile(join(folder, name), config[name], { mode: 0o600 });
    return join(folder, name);
  };
  const tool = await grpcurl();
  const identity = [
    "-cacert",
    await file("ca"),
    "-cert",
    await file("certificate"),
    "-key",
    await file("key"),
  ];
  call = (...args) => output([tool, ...identity, config.hub, ...args]);
});

describe("grpcurl", () => {
  it("lists the services", async () => {
    const services = (await call("list")).trim().split("\n");
    for (const service of ["AdminService", "JoinService", "SessionService"])
      expect(services).toContain(`sealane.v1.${service}`);
  });

  it("calls one with the command line's certificate", async () => {
    const { clusters } = JSON.parse(await call("sealane.v1.AdminService/ListClusters")) as {
      clusters: { name: string }[];
    };
    expect(clusters.map(({ name }) => name)).toEqual(expect.arrayContaining(["a", "b", "c"]));
  });
});
