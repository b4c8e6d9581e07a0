// A stranger's tool: grpcurl lists the hub's services by reflection and calls one with the command line's certificate.

import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { grpcurl, output } from "../lab/index.ts";
import { sealaneConfig } from "../lab/sealane/cli.ts";
import { openStory } from "./story.ts";

interface Config {
  readonly hub: string;
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

let call: (...args: readonly string[]) => Promise<string>;

beforeAll(async () => {
  await openStory();
  const config = parse(await readFile(sealaneConfig, "utf8")) as Config;
  const file = (path: string) => resolve(dirname(sealaneConfig), path);
  const tool = await grpcurl();
  const identity = ["-cacert", file(config.ca), "-cert", file(config.certificate), "-key", file(config.key)];
  call = (...args) => output([tool, ...identity, config.hub, ...args]);
});

describe("grpcurl", () => {
  it("lists the services", async () => {
    const services = (await call("list")).trim().split("\n");
    for (const service of ["AdminService", "JoinService", "SessionService"])
      expect(services).toContain(`sealane.v1.${service}`);
    expect(services).toContain("grpc.health.v1.Health");
  });

  it("calls one with the command line's certificate", async () => {
    const { clusters } = JSON.parse(await call("sealane.v1.AdminService/ListClusters")) as {
      clusters: { name: string }[];
    };
    expect(clusters.map(({ name }) => name)).toEqual(expect.arrayContaining(["a", "b", "c"]));
  });
});
