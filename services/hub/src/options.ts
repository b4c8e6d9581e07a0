// What a hub is told when it starts, with the defaults for what it is not told.

import { hostname, networkInterfaces } from "node:os";
import type { Logger } from "pino";
import { splitAddress } from "./server/http.ts";

/** How to run one hub. */
export interface HubOptions {
  /** The data directory; made on the first start. */
  readonly data: string;
  /** The watched directory of documents; absent declares nothing. */
  readonly documents?: string;
  /** `host:port` of sessions, administration and renewal; port 0 takes any. */
  readonly listen: string;
  /** `host:port` of joining; by default the port below that of `listen`. */
  readonly joinListen?: string;
  /** Names and addresses at which clusters and people reach the hub; by default those of this machine. */
  readonly advertise?: readonly string[];
  /** `host:port` of metrics and health over plain HTTP. */
  readonly metricsListen: string;
  /** How long clusters' certificates hold, milliseconds. */
  readonly certificateTtlMs?: number;
  readonly log: Logger;
}

/** The address of joining that goes with an address of sessions. Throws naming the address. */
export function joinListenOf(listen: string): string {
  const { port } = splitAddress(listen);
  return `${listen.slice(0, listen.lastIndexOf(":"))}:${port === 0 ? 0 : port - 1}`;
}

/** This machine's name and addresses, without loopback and link-local ones. */
export function ownHosts(): readonly string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const reachable = addresses.filter(
    ({ internal, address }) => !internal && !/^(fe80:|169\.254\.)/i.test(address),
  );
  return [hostname().toLowerCase(), ...reachable.map(({ address }) => address)];
}

/** `host:port` at which a port of this hub is reached: the first advertised host, or the loopback address. */
export function reachedAt(listen: string, port: number, advertise: readonly string[] | undefined): string {
  const { host } = splitAddress(listen);
  const any = ["0.0.0.0", "::"].includes(host);
  const shown = advertise?.[0] ?? (any ? "127.0.0.1" : host);
  return shown.includes(":") ? `[${shown}]:${port}` : `${shown}:${port}`;
}
