// Questions put by dig in a network namespace, and everything that came back: status, every section, times to live.
// For tests. Refuses answers that it cannot read.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Server } from "../beacon.ts";
import type { Namespace } from "../real-coredns.ts";

const execute = promisify(execFile);

/** A resource record as dig prints it (RFC 1035, 5.1). */
export interface ResourceRecord {
  readonly owner: string;
  readonly ttl: number;
  readonly type: string;
  readonly data: string;
}

/** One response. */
export interface Response {
  /** `NOERROR`, `NXDOMAIN`, `SERVFAIL`, ... */
  readonly status: string;
  readonly answer: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
}

/** Puts one question. */
export type Ask = (name: string, type: string) => Promise<Response>;

/** Questions to one server, asked in a namespace: UDP first, TCP when the answer was cut. */
export function asker(program: string, namespace: Namespace, server: Server): Ask {
  const shown = ["+noall", "+comments", "+answer", "+authority", "+additional", "+tries=2", "+time=5"];
  const to = [`@${server.address}`, "-p", String(server.port)];
  return async (name, type) => {
    const words = ["netns", "exec", namespace.name, program, ...to, ...shown, `${name}.`, type];
    const { stdout } = await execute("ip", words);
    return parseResponse(stdout);
  };
}

/** Data of the records of one type, sorted. */
export function dataOf(records: readonly ResourceRecord[], type: string): readonly string[] {
  return records
    .filter((record) => record.type === type)
    .map(({ data }) => data)
    .toSorted();
}

function parseResponse(text: string): Response {
  const status = /status: (\w+)/.exec(text)?.[1];
  if (status === undefined) throw new Error(`Cannot read what dig said:\n${text}`);
  return {
    status,
    answer: section(text, "ANSWER"),
    authority: section(text, "AUTHORITY"),
    additional: section(text, "ADDITIONAL"),
  };
}

function section(text: string, name: string): ResourceRecord[] {
  const [, after = ""] = text.split(`;; ${name} SECTION:\n`);
  const [lines = ""] = after.split("\n\n");
  return lines.split("\n").flatMap((line) => {
    const [, owner, ttl, type, data] = /^(\S+)\s+(\d+)\s+IN\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (owner === undefined || type === undefined || data === undefined) return [];
    return [{ owner, ttl: Number(ttl), type, data }];
  });
}
