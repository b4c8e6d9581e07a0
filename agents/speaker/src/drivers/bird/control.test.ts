// The control protocol against a socket that says exactly what a test wants.

import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BirdControl, withControl } from "./control.ts";

let folder: string;
let server: Server;
let sockets: Socket[];
let received: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sealane-control-"));
  sockets = [];
  received = "";
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

/** Listens with a greeting; answers every piece of input with the next answer, none when they are used up. */
async function bird(
  greeting: string,
  ...answers: readonly string[]
): Promise<{ socketPath: string; deadlineMs: number }> {
  const left = [...answers];
  const socketPath = join(folder, "bird.ctl");
  server = createServer((socket) => {
    sockets.push(socket);
    socket.write(greeting);
    socket.on("data", (text) => {
      received += text.toString();
      const answer = left.shift();
      if (answer !== undefined) socket.write(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return { socketPath, deadlineMs: 100 };
}

const greeting = "0001 BIRD 2.0.12 ready.\n";

test("a reply of several lines, cut anywhere, with log lines in between", async () => {
  const options = await bird(greeting, "1007-Table master4:\n 10.0.0.0/8  uni");
  const control = await BirdControl.open(options);
  const reply = control.command("show route");
  await expect.poll(() => received).toBe("show route\n");
  sockets[0]?.write("cast\n+a log line\n \tvia 10.10.0.1 on eth0\n00");
  sockets[0]?.write("00 \n");
  expect(await reply).toEqual({
    code: "0000",
    lines: [
      { code: "1007", text: "Table master4:" },
      { code: "1007", text: "10.0.0.0/8  unicast" },
      { code: "1007", text: "\tvia 10.10.0.1 on eth0" },
      { code: "0000", text: "" },
    ],
  });
  control.close();
});

test("a refusal is a reply", async () => {
  const options = await bird(
    greeting,
    "0002-Reading configuration\n8002 /etc/bird/bird.conf:3:1 syntax error\n",
  );
  const reply = await withControl(options, async (control) => control.command("configure check"));
  expect(reply.code).toBe("8002");
});

test("silence ends at the deadline, with the command in the error, and the connection with it", async () => {
  const control = await BirdControl.open(await bird(greeting));
  await expect(control.command("show protocols")).rejects.toThrow(
    /did not answer "show protocols" within 100 ms/,
  );
  await expect(control.command("show protocols")).rejects.toThrow(/within 100 ms/);
});

test("a daemon that dies while a command waits", async () => {
  const control = await BirdControl.open(await bird(greeting));
  const reply = control.command("show protocols");
  await expect.poll(() => received).toBe("show protocols\n");
  sockets[0]?.destroy();
  await expect(reply).rejects.toThrow(/closed the connection/);
});

test("something that is not BIRD, and nothing at all", async () => {
  await expect(BirdControl.open(await bird("0013 Access restricted\n"))).rejects.toThrow(
    /instead of BIRD's greeting/,
  );
  const nowhere = { socketPath: join(folder, "nowhere.ctl"), deadlineMs: 100 };
  await expect(BirdControl.open(nowhere)).rejects.toThrow(/ENOENT/);
});

test("one command at a time, one line each", async () => {
  const control = await BirdControl.open(await bird(greeting));
  const waiting = control.command("show protocols");
  expect(() => control.command("configure")).toThrow(/another command waits/);
  expect(() => control.command("show status\nconfigure")).toThrow(/more than one line/);
  control.close();
  await expect(waiting).rejects.toThrow(/closed the connection/);
});
