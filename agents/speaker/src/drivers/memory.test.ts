// The fake keeps the contract that real drivers keep, and throws where they could not.

import { expect, test } from "vitest";
import type { DriverRig } from "./contract.ts";
import { routeDriverContract, toward, wish } from "./contract.ts";
import { memoryDriver, memoryNode } from "./memory.ts";

routeDriverContract("the driver in memory", async (): Promise<DriverRig> => {
  const node = memoryNode();
  return Promise.resolve({
    open: async () => Promise.resolve(memoryDriver(node)),
    hops4: ["10.10.0.11", "10.10.0.12", "10.10.0.13"],
    hops6: ["fd10::11", "fd10::12", "fd10::13"],
    offLinkHop: "192.0.2.9",
    loseKernelRoute: async (prefix) => {
      if (!node.kernel.delete(prefix)) throw new Error(`The kernel has no route to ${prefix} to lose`);
      await Promise.resolve();
    },
    addForeignRoute: async (prefix, nextHop) => {
      node.foreign.push({ prefix, type: "unicast", protocol: "static", metric: 0, nextHops: [nextHop] });
      await Promise.resolve();
    },
    killDaemon: async () => Promise.resolve(void (node.down = true)),
    startDaemon: async () => Promise.resolve(void (node.down = false)),
    close: async () => Promise.resolve(),
  });
});

test("an impossible wish throws", async () => {
  const driver = memoryDriver(memoryNode());
  await expect(driver.set(wish([toward("10.200.0.1/32")]))).rejects.toThrow(/without next hops/);
  await expect(driver.set(wish([toward("fd00:0::1/128", "fd10::11")]))).rejects.toThrow(/not canonical/);
  const twice = toward("10.200.0.1/32", "10.10.0.11");
  await expect(driver.set(wish([twice, twice]))).rejects.toThrow(/twice/);
});
