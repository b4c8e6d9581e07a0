// A program that writes to a store until it kills itself at a random moment of a commit. Each write puts many records in
// two collections with one number; "<writer> <number>" is said once it is acknowledged.

import { once } from "node:events";
import { writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { openEmbeddedStore } from "../store/embedded.ts";
import { numberOf, recordsOf, writers } from "./store-records.ts";

const commitsMax = 6;
/** A commit takes about this long, most of it until the disk has it. */
const commitUs = 4_000;

const cue = new Int32Array(new SharedArrayBuffer(4));
const workerData = { cue, delayUs: Math.random() * commitUs };
await once(new Worker(new URL("killer.ts", import.meta.url), { workerData }), "online");

const store = openEmbeddedStore(process.argv[2] ?? "");
const last = Math.ceil(Math.random() * commitsMax);

async function write(writer: string): Promise<void> {
  const [first] = recordsOf(writer, 0);
  const number = numberOf((await store.get(first.collection, first.key))?.value) + 1;
  await store.write(recordsOf(writer, number));
  writeSync(1, `${writer} ${number}\n`);
}

for (let commit = 1; ; commit++) {
  // Runs just before the commit of what is written below, which stops this thread until it is done.
  if (commit === last) {
    setImmediate(() => {
      Atomics.store(cue, 0, 1);
      Atomics.notify(cue, 0);
    });
  }
  await Promise.all(writers.map(write));
}
