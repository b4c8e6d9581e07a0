// A thread that kills its own process, as `kill -9` does, some microseconds after it was told to.

import { workerData } from "node:worker_threads";

const { cue, delayUs } = workerData as { readonly cue: Int32Array; readonly delayUs: number };
Atomics.wait(cue, 0, 0);
const end = performance.now() + delayUs / 1_000;
while (performance.now() < end);
process.kill(process.pid, "SIGKILL");
