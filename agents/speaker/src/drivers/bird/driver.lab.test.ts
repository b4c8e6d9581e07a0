// The BIRD driver against a real BIRD, a real kernel and a real BGP peer. Needs root.

import { execFile, spawn } from "node:child_process";
import { appendFile, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { RouteDriver } from "../../driver.ts";
import { announced, hopsInKernel, routeDriverContract, toward, wish } from "../contract.ts";
import { includePattern } from "./render.ts";
import type { RealRig, RealRigOptions } from "./real-rig.ts";
import { birdProgram, realRig } from "./real-rig.ts";

const run = promisify(execFile);

let program: string;
beforeAll(async () => {
  program = await birdProgram();
});

routeDriverContract("BIRD 2.0", async () => realRig(program));

describe("a real BIRD", () => {
  let rig: RealRig | undefined;
  afterEach(async () => {
    await rig?.close();
    rig = undefined;
  });
  const open = async (
    options?: RealRigOptions,
  ): Promise<{ readonly rig: RealRig; readonly driver: RouteDriver }> => {
    rig = await realRig(program, options);
    return { rig, driver: await rig.open() };
  };

  test("takes the goldens, alone and with the originating file", async () => {
    const { rig } = await open();
    const folder = dirname(rig.mainPath);
    for (const name of ["full", "empty"]) {
      const golden = (part: string) => new URL(`golden/${name}.${part}.conf`, import.meta.url);
      const install = await readFile(golden("sealane"), "utf8");
      const main = `router id 192.0.2.1;\n${install}`;
      const path = join(folder, `${name}.conf`);
      const pattern = includePattern("/run/sealane/bird/originate.conf");
      expect(main).toContain(pattern);
      await writeFile(
        path,
        main.replace(pattern, join(folder, "nowhere/[x]/[y].conf").replace("nowhere", "[n]owhere")),
      );
      await run(program, ["-p", "-c", path]);
      await writeFile(path, main.replace(pattern, golden("originate").pathname));
      await run(program, ["-p", "-c", path]);
    }
  });

  test("announces what the node originates, exactly, and nothing else, by both families", async () => {
    const { rig, driver } = await open();
    const { hops4, hops6 } = rig;
    const install = [toward("10.200.0.1/32", ...hops4), toward("fd00:200::1/128", ...hops6)];
    await driver.set(wish(install, [announced("10.210.0.1/32"), announced("fd00:210::1/128")]));
    await learns(rig, ["10.210.0.1/32", "fd00:210::1/128"]);
    const since = await sessionTimes(rig);
    await driver.set(
      wish(install, [announced("10.210.0.1/32"), announced("10.210.0.2/32"), announced("fd00:210::1/128")]),
    );
    await learns(rig, ["10.210.0.1/32", "10.210.0.2/32", "fd00:210::1/128"]);
    await driver.set(wish(install, [announced("10.210.0.2/32")]));
    await learns(rig, ["10.210.0.2/32"]);
    expect(await sessionTimes(rig)).toEqual(since);
  });

  test("a route written into the originating file by hand does not leave", async () => {
    const { rig, driver } = await open();
    await driver.set(wish([], [announced("10.210.0.1/32")]));
    await learns(rig, ["10.210.0.1/32"]);
    const { originatePath } = rig.ports.paths;
    const text = await readFile(originatePath, "utf8");
    const extra = text.replace("route 10.210.0.1/32 blackhole;", "$& route 10.210.0.0/16 blackhole;");
    await writeFile(originatePath, extra);
    await rig.ask("configure");
    expect(await rig.ask("show route 10.210.0.0/16")).toContain("sealane_originate4");
    await driver.set(wish([], [announced("10.210.0.1/32"), announced("10.210.0.3/32")]));
    await learns(rig, ["10.210.0.1/32", "10.210.0.3/32"]);
  });

  test("the same prefix learned by BGP is preferred", async () => {
    const { rig, driver } = await open({ offered: ["10.200.0.1/32"] });
    await vi.waitFor(
      async () => expect(await rig.ask("show route 10.200.0.1/32")).toContain("outside4"),
      15_000,
    );
    const applied = await driver.set(
      wish([toward("10.200.0.1/32", ...rig.hops4), toward("10.200.0.2/32", ...rig.hops4)]),
    );
    expect(applied).toMatchObject({ findings: [], live: { install: ["10.200.0.1/32", "10.200.0.2/32"] } });
    const { daemon } = await driver.observed();
    expect(daemon.known && daemon.value.map(({ preferred }) => preferred)).toEqual([false, true]);
    expect((await driver.set(wish([toward("10.200.0.2/32", ...rig.hops4)]))).findings).toEqual([]);
  });

  test("a broken main file is refused, and everything is as before", async () => {
    const { rig, driver } = await open();
    const first = wish([toward("10.200.0.1/32", ...rig.hops4)], [announced("10.210.0.1/32")]);
    await driver.set(first);
    const main = await readFile(rig.mainPath, "utf8");
    await appendFile(rig.mainPath, "protocol nonsense {\n");
    await expect(driver.set(wish([toward("10.200.0.2/32", ...rig.hops4)]))).rejects.toThrow(/syntax error/);
    expect(await hopsInKernel(driver, "10.200.0.1/32")).toEqual(rig.hops4);
    expect(await hopsInKernel(driver, "10.200.0.2/32")).toBeUndefined();
    await writeFile(rig.mainPath, main);
    expect((await driver.set(first)).change).toBe("nothing");
  });

  test("an operator's file that would put announced prefixes into the kernel is found out", async () => {
    const { driver } = await open({ kernelExport: "where source = RTS_STATIC" });
    const applied = await driver.set(wish([], [announced("10.210.0.1/32")]));
    expect(applied.findings).toMatchObject([{ subject: "10.210.0.1/32", reason: "ApplyFailed" }]);
    expect(applied.findings[0]?.message).toContain("sealane_install()");
    expect(await hopsInKernel(driver, "10.210.0.1/32")).toBeUndefined();
  });

  test("starts after a reboot, without the originating file, and announces nothing", async () => {
    const { rig, driver } = await open();
    await driver.set(wish([toward("10.200.0.1/32", ...rig.hops4)], [announced("10.210.0.1/32")]));
    await learns(rig, ["10.210.0.1/32"]);
    await rig.killDaemon();
    await rm(join(dirname(rig.ports.paths.originatePath), ".."), { recursive: true });
    await rig.startDaemon();
    expect(await hopsInKernel(driver, "10.200.0.1/32")).toEqual(rig.hops4);
    expect(await rig.ask('show route where proto ~ "sealane_originate*"')).toBe("");
    await learns(rig, []);
  });

  test("prints what a change of next hops costs", async () => {
    const { rig, driver } = await open();
    const others = Array.from({ length: 50 }, (_, index) => toward(`10.201.0.${index}/32`, ...rig.hops4));
    const [one, two, three] = rig.hops4;
    const states = [
      wish([toward("10.200.0.1/32", one, two, three), ...others]),
      wish([toward("10.200.0.1/32", one, three), ...others]),
    ];
    await driver.set(states[0] ?? wish([]));
    const kernelMs: number[] = [];
    const setMs: number[] = [];
    const monitor = spawn("ip", ["-n", rig.namespace, "monitor", "route"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    let startedMs = 0;
    let heardMs = 0;
    monitor.stdout.on("data", () => (heardMs ||= performance.now() - startedMs));
    for (let change = 1; change <= 20; change++) {
      heardMs = 0;
      startedMs = performance.now();
      const applied = await driver.set(states[change % 2] ?? wish([]));
      setMs.push(performance.now() - startedMs);
      expect(applied).toMatchObject({ change: "applied", findings: [] });
      await vi.waitFor(() => expect(heardMs).toBeGreaterThan(0), 5_000);
      kernelMs.push(heardMs);
    }
    monitor.kill();
    console.log(
      `20 changes of one of 51 routes: set to kernel ${figures(kernelMs)}, to confirmation ${figures(setMs)}`,
    );
    expect(Math.max(...kernelMs)).toBeLessThan(1_000);
  });
});

async function learns(rig: RealRig, prefixes: readonly string[]): Promise<void> {
  await vi.waitFor(async () => expect(await rig.learned()).toEqual(prefixes), {
    timeout: 20_000,
    interval: 20,
  });
}

/** When each BGP session came up: the same text as long as none was dropped. */
async function sessionTimes(rig: RealRig): Promise<readonly string[]> {
  return (await rig.ask("show protocols")).split("\n").filter((line) => line.startsWith("outside"));
}

function figures(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const [median = 0, max = 0] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  return `median ${median.toFixed(1)} ms, max ${max.toFixed(1)} ms`;
}
