// What is asked of iproute2's `ip`: routes, addresses and neighbours, as elements of its JSON. One long-lived process for
// each kind of question that it tells apart by an option; none is started before its first question.

import { IpBatch } from "./ip-batch.ts";

/** Which kernel, and how it is asked. */
export interface IpOptions {
  /** Path or name of iproute2's `ip`. */
  readonly ipProgram: string;
  /** A named network namespace (ip-netns(8)); undefined: this process's own. */
  readonly namespace: string | undefined;
  /** Milliseconds for one answer. */
  readonly deadlineMs: number;
}

/** Questions to the kernel. Each rejects when it cannot be answered: unknown is not empty. */
export interface Ip {
  /** `ip -json route show table main` of one family. */
  readonly routes: (family: 4 | 6) => Promise<readonly unknown[]>;
  /** `ip -json address show up`: links, with the addresses of both families. */
  readonly addresses: () => Promise<readonly unknown[]>;
  /** `ip -json neighbour show`, both families. */
  readonly neighbours: () => Promise<readonly unknown[]>;
}

/** Opens the questions; nothing runs yet. */
export function openIp({ ipProgram, namespace, deadlineMs }: IpOptions): Ip {
  const inside = namespace === undefined ? [] : ["-netns", namespace];
  const batch = (options: readonly string[]) =>
    new IpBatch({ program: ipProgram, options: [...inside, ...options], deadlineMs });
  const ofFamily = { 4: batch(["-4"]), 6: batch(["-6"]) };
  const ofBoth = batch([]);
  return {
    routes: (family) => ofFamily[family].ask("route show table main"),
    addresses: () => ofBoth.ask("address show up"),
    neighbours: () => ofBoth.ask("neighbour show"),
  };
}
