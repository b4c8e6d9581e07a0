// A program that writes to a store until somebody kills it: two writers at a time, each write five records in two
// collections with one number. Says "<writer> <number>" once the write is acknowledged.

import { writeSync } from "node:fs";
import { openEmbeddedStore } from "../store/embedded.ts";
import { recordsOf, writers } from "./store-records.ts";

const store = openEmbeddedStore(process.argv[2] ?? "");

async function write(writer: string): Promise<never> {
  const [first] = recordsOf(writer, 0);
  const last = await store.get(first.collection, first.key);
  for (let number = Number(last?.value ?? 0) + 1; ; number++) {
    await store.write(recordsOf(writer, number));
    writeSync(1, `${writer} ${number}\n`);
  }
}

await Promise.all(writers.map(write));
