// The BIRD driver against a fake daemon: the contract, and what is particular to BIRD's transactions.

import { dirname, join } from "node:path";
import { open, readFile, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { RouteDriver } from "../../driver.ts";
import { announced, hopsInKernel, routeDriverContract, toward, wish } from "../contract.ts";
import { pendingPath } from "./apply.ts";
import { openBirdDriver } from "./driver.ts";
import type { FakeRig } from "./fake-rig.ts";
import { fakeRig } from "./fake-rig.ts";

routeDriverContract("BIRD over a fake daemon", fakeRig);

describe("the BIRD driver", () => {
  let rig: FakeRig;
  let driver: RouteDriver;
  beforeEach(async () => {
    rig = await fakeRig();
    driver = await rig.open();
  });
  afterEach(async () => rig.close());

  test("checks, sets a pending undo, reads back, confirms", async () => {
    await driver.set(wish([toward("10.200.0.1/32", "10.10.0.11")]));
    expect(rig.bird.commands).toEqual([
      'show route where proto ~ "sealane_*"',
      `configure check "${join(dirname(rig.ports.paths.originatePath), "check.conf")}"`,
      "configure timeout 10",
      'show route where proto ~ "sealane_*"',
      "configure confirm",
    ]);
  });

  test("no change waits for a busy disk, and sync does", async () => {
    const one = await open(rig.ports.paths.installPath);
    const { promise: disk, resolve: ended } = Promise.withResolvers<void>();
    const handles = Object.getPrototypeOf(one) as typeof one;
    const slow = vi.spyOn(handles, "sync").mockImplementation(async () => disk);
    try {
      expect((await driver.set(wish([toward("10.200.0.1/32", "10.10.0.11")]))).change).toBe("applied");
      expect((await driver.set(wish([toward("10.200.0.1/32", "10.10.0.12")]))).change).toBe("applied");
      expect(slow).not.toHaveBeenCalled();
      const synced = driver.sync();
      await vi.waitFor(() => expect(slow).toHaveBeenCalledTimes(1));
      ended();
      await synced;
      expect(slow).toHaveBeenCalledTimes(2); // The file, then its name.
    } finally {
      slow.mockRestore();
      await one.close();
    }
  });

  test("a route that does not reach the kernel is rolled back and left out, and the rest applies", async () => {
    rig.bird.deafTo = (prefix) => prefix === "10.200.0.2/32";
    const applied = await driver.set(
      wish([toward("10.200.0.1/32", "10.10.0.11"), toward("10.200.0.2/32", "10.10.0.11")]),
    );
    expect(rig.bird.commands).toContain("configure undo");
    expect(applied.live.install).toEqual(["10.200.0.1/32"]);
    expect(applied.findings).toMatchObject([{ subject: "10.200.0.2/32", reason: "ApplyFailed" }]);
    expect(await readFile(rig.ports.paths.installPath, "utf8")).not.toContain("10.200.0.2/32");
  });

  test("what was left out does not cost the next change a rollback", async () => {
    rig.bird.deafTo = (prefix) => prefix === "10.200.0.2/32";
    const bad = toward("10.200.0.2/32", "10.10.0.11");
    await driver.set(wish([bad]));
    rig.bird.commands.length = 0;
    const applied = await driver.set(wish([toward("10.200.0.1/32", "10.10.0.11"), bad]));
    expect(rig.bird.commands).not.toContain("configure undo");
    expect(applied.findings).toMatchObject([{ subject: "10.200.0.2/32", reason: "ApplyFailed" }]);
  });

  test("of a set that can not grow, the next hops stay that worked and are still wanted", async () => {
    await driver.set(wish([toward("10.200.0.1/32", "10.10.0.11", "10.10.0.12")]));
    rig.bird.deafTo = (_prefix, nextHops) => nextHops.includes("10.10.0.13");
    await driver.set(wish([toward("10.200.0.1/32", "10.10.0.11", "10.10.0.13")]));
    expect(await readFile(rig.ports.paths.installPath, "utf8")).toMatch(
      /route 10\.200\.0\.1\/32 via 10\.10\.0\.11;/,
    );
  });

  test("a route that can not even keep what worked is left out whole", async () => {
    await driver.set(wish([toward("10.200.0.1/32", "10.10.0.11", "10.10.0.12")]));
    rig.bird.deafTo = (prefix) => prefix === "10.200.0.1/32";
    const applied = await driver.set(wish([toward("10.200.0.1/32", "10.10.0.11", "10.10.0.13")]));
    expect(applied.live.install).toEqual([]);
    expect(await readFile(rig.ports.paths.installPath, "utf8")).not.toContain("10.200.0.1/32");
  });

  test("a broken file of the operator rejects the wish, and what stood before stands", async () => {
    const first = wish([toward("10.200.0.1/32", "10.10.0.11")], [announced("10.210.0.1/32")]);
    await driver.set(first);
    const { paths } = rig.ports;
    const before = [await readFile(paths.installPath, "utf8"), await readFile(paths.originatePath, "utf8")];
    rig.bird.brokenMain = "/etc/bird/bird.conf:9:1 syntax error";
    await expect(driver.set(wish([toward("10.200.0.9/32", "10.10.0.11")]))).rejects.toThrow(/bird.conf:9:1/);
    expect([await readFile(paths.installPath, "utf8"), await readFile(paths.originatePath, "utf8")]).toEqual(
      before,
    );
    expect(await hopsInKernel(driver, "10.200.0.1/32")).toEqual(["10.10.0.11"]);
    rig.bird.brokenMain = undefined;
    expect((await driver.set(first)).change).toBe("nothing");
  });

  test("a kernel that drifted elsewhere does not cost a good change a rollback", async () => {
    const old = toward("10.200.0.1/32", "10.10.0.11");
    await driver.set(wish([old]));
    rig.bird.deafTo = (prefix) => prefix === "10.200.0.1/32";
    rig.bird.loseKernelRoute("10.200.0.1/32");
    const applied = await driver.set(wish([old, toward("10.200.0.2/32", "10.10.0.11")]));
    expect(rig.bird.commands).not.toContain("configure undo");
    expect(applied.live.install).toEqual(["10.200.0.2/32"]);
    expect(applied.findings).toMatchObject([{ subject: "10.200.0.1/32", reason: "ApplyFailed" }]);
  });

  test("what another boot originated is taken away at the start, and routes to others stay", async () => {
    await driver.set(wish([toward("10.200.0.1/32", "10.10.0.11")], [announced("10.210.0.1/32")]));
    driver = await openBirdDriver({ ...rig.ports, boot: "boot/1:2" });
    const { daemon } = await driver.observed();
    expect(daemon.known && daemon.value.map(({ prefix }) => prefix)).toEqual(["10.200.0.1/32"]);
  });

  test("a change that a former process left unconfirmed is confirmed when it is as wanted", async () => {
    const want = wish([toward("10.200.0.1/32", "10.10.0.11")]);
    await driver.set(want);
    await writeFile(pendingPath(rig.ports.paths), "");
    rig.bird.commands.length = 0;
    driver = await rig.open();
    await driver.set(want);
    await driver.set(want);
    expect(rig.bird.commands.filter((command) => command === "configure confirm")).toHaveLength(1);
  });

  test("a name from another cluster can not write configuration", async () => {
    const purpose = "web\n} protocol static evil { ipv4; route 0.0.0.0/0 blackhole; }";
    const applied = await driver.set(wish([{ ...toward("10.200.0.1/32", "10.10.0.11"), purpose }]));
    expect(applied.live.install).toEqual(["10.200.0.1/32"]);
    const text = await readFile(rig.ports.paths.installPath, "utf8");
    expect(text.split("\n").filter((line) => line.includes("evil"))).toEqual([
      "  # b: web?} protocol static evil { ipv4; route 0.0.0.0/0 blackhole; }",
    ]);
  });
});
