/** Processes on the host as a whole: how long they take, when they first write, what they hold. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";

const LIMIT_MS = 300_000;

export interface Whole {
  readonly firstOutputMs: number;
  readonly totalMs: number;
  readonly stdout: string;
}

/** Runs a command to its end. @throws Error when it fails or takes too long */
export function runWhole(
  command: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
): Promise<Whole> {
  const [program = "", ...args] = command;
  const startMs = performance.now();
  const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
  const child = spawn(program, args, { stdio, timeout: LIMIT_MS, ...options });
  let firstOutputMs = Number.NaN;
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (bytes: Buffer) => {
    if (stdout === "") firstOutputMs = performance.now() - startMs;
    stdout += bytes.toString("utf8");
  });
  child.stderr.on("data", (bytes: Buffer) => {
    stderr += bytes.toString("utf8");
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const totalMs = performance.now() - startMs;
      if (code === 0) resolve({ firstOutputMs, totalMs, stdout });
      else reject(new Error(`${program}: ${signal ?? code}: ${stderr.trim().slice(-300)}`));
    });
  });
}

/** Resident memory of a process now, in bytes (proc(5)). */
export function residentBytes(child: ChildProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
}
