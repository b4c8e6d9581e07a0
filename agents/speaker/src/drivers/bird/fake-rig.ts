// A BIRD driver around the fake daemon, in a folder of its own. For tests without root.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DriverRig } from "../contract.ts";
import type { BirdPorts } from "./apply.ts";
import { openBirdDriver } from "./driver.ts";
import { FakeBird } from "./fake-bird.ts";

/** The rig with what a test of BIRD's own behaviour breaks or reads. */
export interface FakeRig extends DriverRig {
  readonly bird: FakeBird;
  readonly ports: BirdPorts;
}

/** A node attached to one network of each family. */
export async function fakeRig(): Promise<FakeRig> {
  const folder = await mkdtemp(join(tmpdir(), "sealane-speaker-"));
  const paths = {
    installPath: join(folder, "disk/sealane.conf"),
    originatePath: join(folder, "run/originate.conf"),
  };
  const socketPath = join(folder, "bird.ctl");
  const bird = new FakeBird({
    socketPath,
    includePath: paths.installPath,
    networks: [
      { prefix: "10.10.0.0/24", address: "10.10.0.1", link: "eth0" },
      { prefix: "fd10::/64", address: "fd10::1", link: "eth0" },
    ],
  });
  const ports: BirdPorts = {
    paths,
    control: { socketPath, deadlineMs: 2_000 },
    kernel: bird.kernel,
    boot: "boot/1:1",
    confirmSeconds: 10,
    settleMs: 300,
  };
  let started = false;
  return {
    bird,
    ports,
    open: async () => {
      const driver = await openBirdDriver(ports);
      if (!started) await bird.start();
      started = true;
      return driver;
    },
    hops4: ["10.10.0.11", "10.10.0.12", "10.10.0.13"],
    hops6: ["fd10::11", "fd10::12", "fd10::13"],
    offLinkHop: "192.0.2.9",
    loseKernelRoute: async (prefix) => Promise.resolve(bird.loseKernelRoute(prefix)),
    addForeignRoute: async (prefix, nextHop) => {
      bird.foreign.push({ prefix, type: "unicast", protocol: "static", metric: 0, nextHops: [nextHop] });
      await Promise.resolve();
    },
    killDaemon: async () => {
      await bird.stop();
      await writeFile(socketPath, "").catch(() => undefined); // What a killed daemon leaves refuses connections.
    },
    startDaemon: async () => {
      await rm(socketPath, { force: true });
      await bird.start();
    },
    close: async () => {
      await bird.stop();
      await rm(folder, { recursive: true });
      if (bird.violations.length > 0)
        throw new Error(`The daemon was misused: ${bird.violations.join("; ")}`);
    },
  };
}
