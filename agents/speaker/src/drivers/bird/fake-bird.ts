// A BIRD for tests without root: speaks the control protocol on a real socket, reads the real include, and
// writes a kernel that is a map. It records every command and refuses what the real one would not expect.

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import type { KernelRoute } from "../../driver.ts";
import type { Kernel, OnLinkNetwork } from "../../kernel.ts";
import { containsAddress, parseAddress, parsePrefix } from "@sealane/core";

interface FakeRoute {
  readonly protocol: string;
  readonly prefix: string;
  /** Empty: a blackhole. */
  readonly nextHops: readonly string[];
}

/** Where the fake reads and listens. */
export interface FakeBirdOptions {
  readonly socketPath: string;
  /** Our include, which stands for the operator's whole file. */
  readonly includePath: string;
  readonly networks: readonly OnLinkNetwork[];
}

/** A daemon and its kernel. Start it, stop it, and break it by its public fields. */
export class FakeBird {
  /** Every command in order. */
  readonly commands: string[] = [];
  /** What the real daemon would have suffered from; a test expects none. */
  readonly violations: string[] = [];
  /** Which routes the kernel swallows in silence, as it does with sets that are too wide. */
  deafTo = (_prefix: string, _nextHops: readonly string[]): boolean => false;
  /** What `configure check` says of the operator's file; undefined: nothing is wrong with it. */
  brokenMain: string | undefined;
  /** Foreign routes of the kernel. */
  readonly foreign: KernelRoute[] = [];
  readonly #options: FakeBirdOptions;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #running: readonly FakeRoute[] = [];
  /** What ran before: an undo goes there, whether one is pending or not. */
  #former: readonly FakeRoute[] | undefined;
  #undoPending = false;
  readonly #kernel = new Map<string, KernelRoute>();

  constructor(options: FakeBirdOptions) {
    this.#options = options;
  }

  /** Reads its configuration and listens, as the daemon does at boot. */
  async start(): Promise<void> {
    this.#run(this.parse(this.#options.includePath));
    this.#server = createServer((socket) => this.#serve(socket));
    await new Promise<void>((resolve) => this.#server?.listen(this.#options.socketPath, resolve));
  }

  /** As by `kill -9`: the kernel keeps what it has. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => (this.#server ? this.#server.close(() => resolve()) : resolve()));
    this.#server = undefined;
    this.#former = undefined;
    this.#undoPending = false;
  }

  /** What a foreign hand does. */
  loseKernelRoute(prefix: string): void {
    if (!this.#kernel.delete(prefix)) throw new Error(`The kernel has no route to ${prefix} to lose`);
  }

  /** The kernel as the driver reads it. */
  get kernel(): Kernel {
    return {
      routes: async () => Promise.resolve([...this.#kernel.values(), ...this.foreign]),
      networks: async () => Promise.resolve(this.#options.networks),
    };
  }

  /** Throws with BIRD's kind of words when a line is not of the form that our include has. */
  parse(path: string): readonly FakeRoute[] {
    const routes: FakeRoute[] = [];
    let protocol: string | undefined;
    for (const [index, line] of readFileSync(path, "utf8").split("\n").entries()) {
      const text = line.trim();
      const included = /^include "(.*)";$/.exec(text)?.[1]?.replaceAll(/\[(.)\]/g, "$1");
      const route = /^route (\S+) (blackhole|(?:via \S+ ?)+);$/.exec(text);
      const opens = /^(?:protocol static|function) (\w+)/.exec(text)?.[1];
      if (included !== undefined) routes.push(...(existsSync(included) ? this.parse(included) : []));
      else if (opens !== undefined) protocol = opens;
      else if (route !== null && protocol?.startsWith("sealane_") === true) {
        const [, prefix = "", action = ""] = route;
        routes.push({ protocol, prefix, nextHops: action.split(/ ?via /).filter((hop) => /[.:]/.test(hop)) });
      } else if (!isKnownLine(text)) throw new Error(`${path}:${index + 1}:1 syntax error at "${text}"`);
    }
    return routes;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setEncoding("utf8");
    socket.write("0001 BIRD 2.0.12 ready.\n");
    socket.on("data", (text: string) => {
      for (const command of text.split("\n").filter(Boolean)) socket.write(`${this.#answer(command)}\n`);
    });
  }

  #answer(command: string): string {
    this.commands.push(command);
    if (command === 'show route where proto ~ "sealane_*"') return this.#show("0000 ", () => true);
    const [, prefix] = /^show route (\S+\/\d+)$/.exec(command) ?? [];
    if (prefix !== undefined) return this.#show("8001 Network not found", (route) => route.prefix === prefix);
    if (command === "show protocols")
      return "1002-kernel4    Kernel     master4    up     10:00:00.000  \n0000 ";
    if (command === "reload out kernel4") return this.#write(this.#running);
    if (command.startsWith("configure")) return this.#configure(command);
    this.violations.push(`unknown command "${command}"`);
    return "9001 syntax error";
  }

  #configure(command: string): string {
    if (command === "configure confirm") {
      if (!this.#undoPending) return "0019 Nothing to do";
      this.#undoPending = false;
      return "0018 Reconfiguration confirmed";
    }
    if (command === "configure undo") {
      if (this.#former === undefined) return "0019 Nothing to do";
      this.#run(this.#former);
      this.#former = undefined;
      this.#undoPending = false;
      return "0021-Undo requested\n0003 Reconfigured";
    }
    const [, staged] = /^configure check "(.+)"$/.exec(command) ?? [];
    try {
      const parsed = this.parse(staged ?? this.#options.includePath);
      if (staged !== undefined) return "0002-Reading configuration\n0020 Configuration OK";
      if (this.brokenMain !== undefined) throw new Error(this.brokenMain);
      if (command === "configure check") return "0002-Reading configuration\n0020 Configuration OK";
      if (this.#undoPending) this.violations.push("configured while an undo was pending");
      this.#former = this.#running;
      this.#undoPending = command.startsWith("configure timeout");
      this.#run(parsed);
      return "0002-Reading configuration\n0003 Reconfigured";
    } catch (error) {
      return `8002 ${(error as Error).message}`;
    }
  }

  #run(next: readonly FakeRoute[]): void {
    const kept = new Set(next.map(({ prefix }) => prefix));
    for (const { prefix } of this.#running) if (!kept.has(prefix)) this.#kernel.delete(prefix);
    const same = new Set(this.#running.map((route) => JSON.stringify(route)));
    this.#running = next;
    this.#write(next.filter((route) => !same.has(JSON.stringify(route))));
  }

  #write(routes: readonly FakeRoute[]): string {
    for (const route of routes) {
      const { prefix, protocol } = route;
      const nextHops = this.#alive(route);
      if (!protocol.startsWith("sealane_install") || this.deafTo(prefix, nextHops)) continue;
      if (nextHops.length === 0) this.#kernel.delete(prefix);
      else this.#kernel.set(prefix, { prefix, type: "unicast", protocol: "bird", metric: 32, nextHops });
    }
    return "0015 Reloading";
  }

  /** Off-link next hops are dropped from a set without a word. */
  #alive({ nextHops }: FakeRoute): readonly string[] {
    const prefixes = this.#options.networks.map(({ prefix }) => parsePrefix(prefix));
    return nextHops.filter((hop) => prefixes.some((prefix) => containsAddress(prefix, parseAddress(hop))));
  }

  #show(nothing: string, wanted: (route: FakeRoute) => boolean): string {
    const lines = ["1007-Table master:"];
    for (const route of this.#running.filter(wanted)) {
      const { prefix, protocol, nextHops } = route;
      const alive = this.#alive(route);
      if (nextHops.length > 0 && alive.length === 0) continue;
      lines.push(
        ` ${prefix}   ${alive.length > 0 ? "unicast" : "blackhole"} [${protocol} 10:00:00.000] * (50)`,
      );
      for (const hop of alive) lines.push(` \tvia ${hop} on eth0 weight 1`);
    }
    return lines.length === 1 ? nothing : `${lines.join("\n")}\n0000 `;
  }
}

function isKnownLine(text: string): boolean {
  return /^(#.*|[{}]|\];|return .*;|if .*|ipv[46].*;|router id .*;|[0-9a-f.:]+\/\d+,?|)$/.test(text);
}
