// What every driver of routes keeps, real or fake, as one suite of tests. A driver's own test file opens a
// rig around it; nothing here knows which daemon it is.

import type { DesiredRoutes, InstallRoute, OriginateRoute } from "@sealane/core";
import { noRoutes } from "@sealane/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { KernelRoute, RouteDriver } from "../driver.ts";

/** A driver with its surroundings, and hands that do to them what happens in life. */
export interface DriverRig {
  /** Opens a driver on what is there: the first one, and again as after a restart of the speaker. */
  readonly open: () => Promise<RouteDriver>;
  /** Three on-link next hops of each family. */
  readonly hops4: readonly [string, string, string];
  readonly hops6: readonly [string, string, string];
  readonly offLinkHop: string;
  /** Deletes a route of ours from the kernel. */
  readonly loseKernelRoute: (prefix: string) => Promise<void>;
  /** Adds a kernel route that is nobody's business. */
  readonly addForeignRoute: (prefix: string, nextHop: string) => Promise<void>;
  /** Kills the daemon. */
  readonly killDaemon: () => Promise<void>;
  readonly startDaemon: () => Promise<void>;
  /** Takes everything away, and rejects when something was done that must not be. */
  readonly close: () => Promise<void>;
}

/** A route to another cluster. */
export function toward(prefix: string, ...nextHops: readonly string[]): InstallRoute {
  return { prefix, nextHops, cluster: "b", purpose: "shop/web" };
}

/** A prefix that this node announces. */
export function announced(prefix: string): OriginateRoute {
  return { prefix, purpose: "shop/web" };
}

/** A wish of these parts. */
export function wish(
  install: readonly InstallRoute[],
  originate: readonly OriginateRoute[] = [],
): DesiredRoutes {
  return { install, originate, withheld: [] };
}

/** Runs the suite. */
export function routeDriverContract(name: string, makeRig: () => Promise<DriverRig>): void {
  describe(`${name} keeps the contract of a route driver`, () => {
    let rig: DriverRig;
    let driver: RouteDriver;
    beforeEach(async () => {
      rig = await makeRig();
      driver = await rig.open();
    });
    afterEach(async () => {
      await driver.close();
      await rig.close();
    });

    test("a route is in the kernel with exactly its next hops, both families", async () => {
      const { hops4, hops6 } = rig;
      const want = wish([toward("10.200.0.1/32", ...hops4), toward("fd00:200::1/128", ...hops6)]);
      const applied = await driver.set(want);
      expect(applied).toEqual({
        change: "applied",
        live: { install: ["10.200.0.1/32", "fd00:200::1/128"], originate: [] },
        findings: [],
      });
      expect(await hopsInKernel(driver, "10.200.0.1/32")).toEqual([...hops4].toSorted());
      expect(await hopsInKernel(driver, "fd00:200::1/128")).toEqual([...hops6].toSorted());
    });

    test("the same wish again changes nothing", async () => {
      const want = wish([toward("10.200.0.1/32", ...rig.hops4)], [announced("10.210.0.1/32")]);
      await driver.set(want);
      expect((await driver.set(want)).change).toBe("nothing");
    });

    test("a next hop that is no longer wanted is gone from the kernel", async () => {
      const [one, two, three] = rig.hops4;
      await driver.set(wish([toward("10.200.0.1/32", one, two, three)]));
      await driver.set(wish([toward("10.200.0.1/32", one, three)]));
      expect(await hopsInKernel(driver, "10.200.0.1/32")).toEqual([one, three].toSorted());
    });

    test("the empty wish removes everything that was made here and nothing else", async () => {
      await rig.addForeignRoute("198.51.100.0/24", rig.hops4[0]);
      const foreign = await foreignRoutes(driver);
      await driver.set(wish([toward("10.200.0.1/32", ...rig.hops4)], [announced("10.210.0.1/32")]));
      await driver.set(noRoutes);
      const observed = await driver.observed();
      expect(observed.daemon).toEqual({ known: true, value: [] });
      expect(await hopsInKernel(driver, "10.200.0.1/32")).toBeUndefined();
      expect(await foreignRoutes(driver)).toEqual(foreign);
    });

    test("what is announced is in the daemon and never in the kernel", async () => {
      const want = wish([], [announced("10.210.0.1/32"), announced("fd00:210::1/128")]);
      const { live } = await driver.set(want);
      expect(live.originate).toEqual(["10.210.0.1/32", "fd00:210::1/128"]);
      const { daemon } = await driver.observed();
      expect(daemon.known && daemon.value.map(({ kind, prefix }) => `${kind} ${prefix}`)).toEqual([
        "originate 10.210.0.1/32",
        "originate fd00:210::1/128",
      ]);
      expect(await hopsInKernel(driver, "10.210.0.1/32")).toBeUndefined();
      expect(await hopsInKernel(driver, "fd00:210::1/128")).toBeUndefined();
    });

    test("a next hop that is not on-link is refused with its reason while the rest applies", async () => {
      const { hops4, offLinkHop } = rig;
      const applied = await driver.set(
        wish([
          toward("10.200.0.1/32", offLinkHop),
          toward("10.200.0.2/32", hops4[0]),
          toward("10.200.0.3/32", offLinkHop, hops4[1]),
        ]),
      );
      expect(applied.findings.map(({ subject, reason }) => [subject, reason])).toEqual([
        ["10.200.0.1/32", "NextHopNotOnLink"],
        ["10.200.0.3/32", "NextHopNotOnLink"],
      ]);
      expect(applied.live.install).toEqual(["10.200.0.2/32"]);
      expect(await hopsInKernel(driver, "10.200.0.1/32")).toBeUndefined();
      expect(await hopsInKernel(driver, "10.200.0.2/32")).toEqual([hops4[0]]);
      expect(await hopsInKernel(driver, "10.200.0.3/32")).toEqual([hops4[1]]);
    });

    test("a route that was deleted from the kernel by hand is repaired", async () => {
      const want = wish([toward("10.200.0.1/32", ...rig.hops4), toward("10.200.0.2/32", rig.hops4[0])]);
      await driver.set(want);
      await rig.loseKernelRoute("10.200.0.1/32");
      const applied = await driver.set(want);
      expect(applied).toMatchObject({ change: "repaired", findings: [] });
      expect(await hopsInKernel(driver, "10.200.0.1/32")).toEqual([...rig.hops4].toSorted());
    });

    test("a foreign route that forwards in place of ours is reported and left alone", async () => {
      await rig.addForeignRoute("10.200.0.1/32", rig.hops4[0]);
      const foreign = await foreignRoutes(driver);
      const applied = await driver.set(wish([toward("10.200.0.1/32", ...rig.hops4)]));
      expect(applied.findings).toMatchObject([{ subject: "10.200.0.1/32", reason: "ApplyFailed" }]);
      expect(await foreignRoutes(driver)).toEqual(foreign);
    });

    test("opening a driver anew withdraws nothing", async () => {
      const want = wish([toward("10.200.0.1/32", ...rig.hops4)], [announced("10.210.0.1/32")]);
      await driver.set(want);
      const before = await driver.observed();
      await driver.close();
      driver = await rig.open();
      expect(await driver.observed()).toEqual(before);
      expect((await driver.set(want)).change).toBe("nothing");
    });

    test("a dead daemon is unknown, not empty, and takes the wish when it is back", async () => {
      await driver.set(wish([toward("10.200.0.1/32", ...rig.hops4)]));
      await rig.killDaemon();
      const next = wish([toward("10.200.0.1/32", rig.hops4[0])]);
      await expect(driver.set(next)).rejects.toThrow(/BIRD|daemon|ECONNREFUSED|ENOENT|ENOTSOCK/);
      expect((await driver.observed()).daemon.known).toBe(false);
      expect(await hopsInKernel(driver, "10.200.0.1/32")).toEqual([...rig.hops4].toSorted());
      await rig.startDaemon();
      await driver.set(next);
      expect(await hopsInKernel(driver, "10.200.0.1/32")).toEqual([rig.hops4[0]]);
    });

    test("what stands can be synced, before the first wish, after one and after the empty one", async () => {
      await driver.sync();
      await driver.set(wish([toward("10.200.0.1/32", ...rig.hops4)]));
      await driver.sync();
      await driver.set(noRoutes);
      await driver.sync();
      expect(await hopsInKernel(driver, "10.200.0.1/32")).toBeUndefined();
    });

    test("a second set while one is under way is refused", async () => {
      const first = driver.set(wish([toward("10.200.0.1/32", ...rig.hops4)]));
      await expect(driver.set(noRoutes)).rejects.toThrow(/has not ended/);
      expect((await first).change).toBe("applied");
    });
  });
}

/** Next hops of our route in the kernel; undefined when there is none. Throws when the kernel is unknown. */
export async function hopsInKernel(
  driver: RouteDriver,
  prefix: string,
): Promise<readonly string[] | undefined> {
  return (await kernelRoutes(driver)).find((route) => route.prefix === prefix && isOurs(route))?.nextHops;
}

async function foreignRoutes(driver: RouteDriver): Promise<readonly KernelRoute[]> {
  return (await kernelRoutes(driver)).filter((route) => !isOurs(route));
}

async function kernelRoutes(driver: RouteDriver): Promise<readonly KernelRoute[]> {
  const { kernel } = await driver.observed();
  if (!kernel.known) throw new Error(`The kernel is unknown: ${kernel.why}`);
  return kernel.value;
}

function isOurs({ protocol }: KernelRoute): boolean {
  return protocol === "bird";
}
