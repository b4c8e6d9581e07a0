// `host:port` text of flags. IPv6 addresses stand in brackets.

/** A place to listen or to connect. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Reads `host:port`. Throws an error that quotes the text when it is none. */
export function parseHostPort(text: string): HostPort {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^[\]:]+)):(\d{1,5})$/.exec(text);
  const port = Number(parts?.[3]);
  const host = parts?.[1] ?? parts?.[2];
  if (host !== undefined && port > 0 && port < 65_536) return { host, port };
  throw new Error(`Cannot read "${text}": write host:port, with IPv6 addresses in brackets`);
}
