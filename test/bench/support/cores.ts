import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** The numbers of the cores that this process may be kept to: none where the host is not Linux, or has no `taskset`. */
export function freeCores(): readonly number[] {
  if (process.platform !== "linux" || spawnSync("taskset", ["--version"]).status !== 0) return [];
  const [, list] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8"))!;
  return list.split(",").flatMap((range) => {
    const [first, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** Keeps this process, with all its threads, and the processes that it starts from now on to one core. */
export function keepToCore(core: number): void {
  const { status, stderr } = spawnSync("taskset", ["-apc", String(core), String(process.pid)], { encoding: "utf8" });
  if (status !== 0) throw new Error(`Cannot keep to core ${core}: ${stderr}`);
}
