// How much of a processor each process used, from /proc. Linux only, as the benches are.

import { readFile } from "node:fs/promises";

/** Seconds of processor time by process name, since each process started. */
export type CpuTimes = ReadonlyMap<string, number>;

/** Clock ticks a second, which Linux fixes for programs (proc(5), sysconf(3)). */
const ticksPerSecond = 100;

/** Reads the times of processes; one that has ended counts nothing. */
export async function readCpuTimes(processes: ReadonlyMap<string, number>): Promise<CpuTimes> {
  const read = async ([name, pid]: [string, number]) => [name, await secondsOf(pid)] as const;
  return new Map(await Promise.all([...processes].map(read)));
}

/** `name 1.2 s, ...` between two readings, the greatest first. */
export function cpuText(before: CpuTimes, after: CpuTimes): string {
  return [...after]
    .map(([name, seconds]) => ({ name, used: seconds - (before.get(name) ?? 0) }))
    .toSorted((a, b) => b.used - a.used)
    .map(({ name, used }) => `${name} ${used.toFixed(1)} s`)
    .join(", ");
}

/** Seconds that some of the processes used between two readings. */
export function cpuSeconds(before: CpuTimes, after: CpuTimes, names: readonly string[]): number {
  return names.reduce((sum, name) => sum + (after.get(name) ?? 0) - (before.get(name) ?? 0), 0);
}

async function secondsOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // Fields 14 and 15 of proc_pid_stat(5); the name in field 2 may hold anything up to its last parenthesis.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticksPerSecond;
}
