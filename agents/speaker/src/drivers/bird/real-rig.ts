// A BIRD driver around a real BIRD in a network namespace of its own, and a second BIRD in another one that
// takes what it announces. For lab tests: it needs root, and takes everything away again.

import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { openIp } from "../../ip.ts";
import { kernel } from "../../kernel.ts";
import type { DriverRig } from "../contract.ts";
import type { BirdPorts } from "./apply.ts";
import { withControl } from "./control.ts";
import { openBirdDriver } from "./driver.ts";
import { parseRoutes } from "./replies.ts";

const run = promisify(execFile);

/** The rig with what a test of the real thing breaks or reads. */
export interface RealRig extends DriverRig {
  readonly ports: BirdPorts;
  /** The node's network namespace. */
  readonly namespace: string;
  /** The operator's main file on the node. */
  readonly mainPath: string;
  /** Prefixes that the second BIRD has from the node by BGP, sorted. */
  readonly learned: () => Promise<readonly string[]>;
  /** An answer of the node's BIRD. */
  readonly ask: (command: string) => Promise<string>;
}

/** What a rig may differ in. */
export interface RealRigOptions {
  /** The kernel protocols' export clause; the proper one when not given. */
  readonly kernelExport?: string;
  /** Prefixes of both families that the second BIRD announces to the node. */
  readonly offered?: readonly string[];
}

/** Path of the bird program: the lab's own, downloaded and unpacked on first use. */
export async function birdProgram(): Promise<string> {
  const packages = new URL("../../../../../test/lab/cache/debian.ts", import.meta.url).href;
  const print = "import(process.argv[1]).then(async (m) => console.log(await m.debianPackages()))";
  const { stdout } = await run(process.execPath, ["-e", print, packages], { timeout: 600_000 });
  return join(stdout.trim().split("\n").at(-1) ?? "", "bin/bird");
}

let made = 0;

/** Two namespaces joined by a veth pair: the node (10.10.0.1, fd10::1) and its peer (10.10.0.2, fd10::2). */
export async function realRig(
  program: string,
  { kernelExport, offered = [] }: RealRigOptions = {},
): Promise<RealRig> {
  const prefix = `sealane-speaker-${process.pid}-${++made}`;
  const [namespace, peerNamespace] = [`${prefix}-node`, `${prefix}-peer`];
  const folder = await mkdtemp(join(tmpdir(), `${prefix}-`));
  const tmpfs = await mkdtemp(`/dev/shm/${prefix}-`);
  const at = (name: string) => join(folder, name);
  const paths = { installPath: at("disk/sealane.conf"), originatePath: join(tmpfs, "bird/originate.conf") };
  const ports: BirdPorts = {
    paths,
    control: { socketPath: at("node.ctl"), deadlineMs: 5_000 },
    kernel: kernel(openIp({ ipProgram: "ip", namespace, deadlineMs: 5_000 })),
    boot: "boot/1:1",
    confirmSeconds: 10,
    settleMs: 1_000,
  };
  const node = daemon(program, namespace, at("node.conf"), ports.control.socketPath);
  const peer = daemon(program, peerNamespace, at("peer.conf"), at("peer.ctl"));
  const close = async () => {
    await Promise.all([node.kill(), peer.kill()]);
    await Promise.all([namespace, peerNamespace].map((name) => run("ip", ["netns", "delete", name])));
    await Promise.all([folder, tmpfs].map((path) => rm(path, { recursive: true, force: true })));
  };
  const ip = async (...command: readonly string[]) => run("ip", ["-n", namespace, ...command]);
  try {
    await joined(namespace, peerNamespace);
    await writeFile(at("node.conf"), nodeMain(paths.installPath, kernelExport ?? "where sealane_install()"));
    await writeFile(at("peer.conf"), peerMain(offered));
    await openBirdDriver(ports); // Makes the include that the main file needs.
    await Promise.all([node.start(), peer.start()]);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ports,
    namespace,
    mainPath: at("node.conf"),
    learned: async () =>
      withControl({ socketPath: at("peer.ctl"), deadlineMs: 5_000 }, async (control) => {
        const routes = parseRoutes(await control.command('show route where proto ~ "from_*"'));
        return routes.map((route) => route.prefix).toSorted();
      }),
    ask: async (command) =>
      withControl(ports.control, async (control) => {
        const { lines } = await control.command(command);
        return lines.map(({ text }) => text).join("\n");
      }),
    open: async () => openBirdDriver(ports),
    hops4: ["10.10.0.11", "10.10.0.12", "10.10.0.13"],
    hops6: ["fd10::11", "fd10::12", "fd10::13"],
    offLinkHop: "192.0.2.9",
    loseKernelRoute: async (lost) => void (await ip("route", "delete", lost, "protocol", "bird")),
    addForeignRoute: async (foreign, hop) =>
      void (await ip("route", "add", foreign, "via", hop, "protocol", "static")),
    killDaemon: node.kill,
    startDaemon: node.start,
    close,
  };
}

async function joined(node: string, peer: string): Promise<void> {
  await run("ip", ["netns", "add", node]);
  await run("ip", ["netns", "add", peer]);
  await run("ip", ["-n", node, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", peer]);
  for (const [name, host] of [
    [node, 1],
    [peer, 2],
  ] as const) {
    await run("ip", ["-n", name, "link", "set", "lo", "up"]);
    await run("ip", ["-n", name, "address", "add", `10.10.0.${host}/24`, "dev", "eth0"]);
    await run("ip", ["-n", name, "address", "add", `fd10::${host}/64`, "dev", "eth0", "nodad"]);
    await run("ip", ["-n", name, "link", "set", "eth0", "up"]);
  }
}

/** A BIRD that is started and killed as often as a test likes. */
function daemon(program: string, namespace: string, mainPath: string, socketPath: string) {
  let child: ChildProcess | undefined;
  return {
    start: async () => {
      const argv = [
        "netns",
        "exec",
        namespace,
        program,
        "-f",
        "-c",
        mainPath,
        "-s",
        socketPath,
        "-P",
        `${socketPath}.pid`,
      ];
      let errors = "";
      child = spawn("ip", argv, { stdio: ["ignore", "ignore", "pipe"] });
      child.stderr?.on("data", (text: Buffer) => (errors += text.toString()));
      const deadlineMs = performance.now() + 10_000;
      for (;;) {
        if (child.exitCode !== null) throw new Error(`BIRD ended with ${child.exitCode}: ${errors}`);
        const ready = withControl({ socketPath, deadlineMs: 1_000 }, async (control) =>
          control.command("show status"),
        );
        if (await ready.then(() => true).catch(() => false)) return;
        if (performance.now() > deadlineMs) throw new Error(`BIRD did not listen within 10 s: ${errors}`);
        await delay(10);
      }
    },
    kill: async () => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** An operator's file: kernel and BGP protocols that ask our two functions, and a route of the operator's own. */
function nodeMain(includePath: string, kernelExport: string): string {
  return `router id 10.10.0.1;
include "${includePath}";
protocol device {}
protocol kernel kernel4 { ipv4 { import none; export ${kernelExport}; }; merge paths on limit 64; }
protocol kernel kernel6 { ipv6 { import none; export ${kernelExport}; }; merge paths on limit 64; }
protocol static operator4 { ipv4; route 203.0.113.0/24 blackhole; }
protocol static operator6 { ipv6; route 2001:db8:99::/48 blackhole; }
${session("outside4", "10.10.0.1 as 65001", "10.10.0.2 as 65002", "ipv4 { import all; export where sealane_announce(); }")}
${session("outside6", "fd10::1 as 65001", "fd10::2 as 65002", "ipv6 { import all; export where sealane_announce(); }")}
`;
}

function peerMain(offered: readonly string[]): string {
  const routes = (family: "4" | "6") =>
    offered
      .filter((prefix) => prefix.includes(":") === (family === "6"))
      .map((prefix) => `route ${prefix} blackhole; `)
      .join("");
  return `router id 10.10.0.2;
protocol device {}
protocol static offered4 { ipv4; ${routes("4")}}
protocol static offered6 { ipv6; ${routes("6")}}
${session("from_node4", "10.10.0.2 as 65002", "10.10.0.1 as 65001", "ipv4 { import all; export where source = RTS_STATIC; }")}
${session("from_node6", "fd10::2 as 65002", "fd10::1 as 65001", "ipv6 { import all; export where source = RTS_STATIC; }")}
`;
}

function session(name: string, local: string, neighbor: string, channel: string): string {
  const timers = "connect delay time 1; connect retry time 1; error wait time 1, 2;";
  return `protocol bgp ${name} { local ${local}; neighbor ${neighbor}; ${timers} ${channel}; }`;
}
