// Checks that this machine can hold a lab, and names everything that is missing in one error.

import { readFile } from "node:fs/promises";
import { run } from "./run.ts";

const goMinimum = [1, 26] as const;

/** Throws one error naming all that is missing here: Debian 12, x86-64, root, Go, util-linux, overlayfs. */
export async function requireLabMachine(): Promise<void> {
  const missing = await missingRequirements();
  if (missing.length > 0) {
    throw new Error(
      `Cannot run the lab on this machine: it needs Debian 12 on x86-64, root, Go ${goMinimum.join(".")} or newer; ` +
        `missing: ${missing.join("; ")}`,
    );
  }
}

/** What this machine lacks, in words; empty when the lab can run. */
export async function missingRequirements(): Promise<readonly string[]> {
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  const filesystems = await readFile("/proc/filesystems", "utf8").catch(() => "");
  const go = await run(["go", "env", "GOVERSION"]).catch(() => ({ status: -1, stdout: "" }));
  const missing: string[] = [];
  if (process.platform !== "linux" || process.arch !== "x64") {
    missing.push(`Linux on x86-64 (this is ${process.platform} on ${process.arch})`);
  }
  if (!/^ID=debian$/m.test(release) || !/^VERSION_ID="12"$/m.test(release)) {
    missing.push(`Debian 12 (this is ${/^PRETTY_NAME="(.*)"$/m.exec(release)?.[1] ?? "unknown"})`);
  }
  if (process.getuid?.() !== 0) missing.push(`root (this is uid ${process.getuid?.() ?? "unknown"})`);
  if (go.status !== 0 || !isGoNewEnough(go.stdout)) {
    missing.push(`Go ${goMinimum.join(".")} in PATH (found ${go.stdout.trim() || "none"})`);
  }
  if (!/\boverlay$/m.test(filesystems)) missing.push("the overlay file system in the kernel");
  for (const program of ["nsenter", "unshare", "mount", "apt-get", "dpkg", "tar"]) {
    const found = await run(["sh", "-c", `command -v ${program}`]);
    if (found.status !== 0) missing.push(`the program ${program}`);
  }
  return missing;
}

/** Whether `go1.26.8` is new enough. */
export function isGoNewEnough(version: string): boolean {
  const [, major = 0, minor = 0] = (/^go(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  return major > goMinimum[0] || (major === goMinimum[0] && minor >= goMinimum[1]);
}
