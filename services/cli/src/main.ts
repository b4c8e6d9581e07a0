#!/usr/bin/env node
// The program `sealane`: gives the process's surroundings to `run`. It never calls exit: output that is still
// in a pipe would be cut.

import { once } from "node:events";
import { homedir } from "node:os";
import { join } from "node:path";
import { readerGone, takesColour } from "./io.ts";
import type { Output } from "./io.ts";
import { run } from "./program.ts";

const interruption = new AbortController();

/** A stream whose reader may go away early (`sealane get services | head -1`), which is no error. */
function output(stream: NodeJS.WriteStream): Output {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    interruption.abort(readerGone);
  });
  return {
    write: (text) => void stream.write(text),
    colour: takesColour(stream.isTTY, process.env),
    drained: async () => {
      // A reader that goes away is heard of above.
      if (stream.writableNeedDrain) await once(stream, "drain").catch(() => undefined);
    },
  };
}

process.once("SIGINT", () => interruption.abort());

process.exitCode = await run(process.argv.slice(2), {
  stdout: output(process.stdout),
  stderr: output(process.stderr),
  env: process.env,
  home: homedir(),
  quickstart: join(import.meta.dirname, "../../../.quickstart/config.yaml"),
  now: Date.now,
  signal: interruption.signal,
});
