// A way from a network namespace to an API server on the machine's loopback, by a socket file, which namespaces do
// not separate. For tests: what runs in the namespace takes the kubeconfig as it is.

import { createConnection, createServer } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream";
import type { Namespace, Running } from "../real-coredns.ts";
import { eventually } from "../real-coredns.ts";

/** The way, until it is closed. */
export interface ApiServerDoor {
  close(): Promise<void>;
}

/** Opens it: `127.0.0.1:port` in the namespace is the same on the machine. The socket file lies in `folder`. */
export async function openApiServerDoor(
  namespace: Namespace,
  port: number,
  folder: string,
): Promise<ApiServerDoor> {
  const path = join(folder, `${namespace.name}.sock`);
  const outside = createServer((socket) => {
    const server = createConnection(port, "127.0.0.1");
    pipeline(socket, server, socket, () => {});
  });
  await new Promise<void>((resolve) => outside.listen(path, resolve));
  const inside = namespace.start(process.execPath, ["--input-type=module", "-e", relay(path, port)]);
  await listening(inside);
  return {
    close: async () => {
      await inside.stop();
      await new Promise<void>((resolve) => outside.close(() => resolve()));
    },
  };
}

function listening(inside: Running): Promise<true> {
  return eventually("the way to the API server", 10_000, () => {
    if (inside.status() !== undefined) throw new Error(`The relay ended:\n${inside.output()}`);
    return inside.output().includes("listening") ? true : undefined;
  });
}

function relay(path: string, port: number): string {
  return `
    import { createConnection, createServer } from "node:net";
    import { pipeline } from "node:stream";
    const door = createServer((socket) => {
      const server = createConnection(${JSON.stringify(path)});
      pipeline(socket, server, socket, () => {});
    });
    door.listen(${port}, "127.0.0.1", () => console.log("listening"));`;
}
