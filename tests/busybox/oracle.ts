/**
 * The oracle of the comparison: the image's own busybox under qemu-user, in namespaces of the
 * host's Linux, each script in a root of folders like the one it has in Sixfold.
 *
 * Layers: tests/syscalls/harness.ts finds the tools and compiles the launcher; here the folder that
 * the launcher shows as /mnt (bin/, scripts/), and one run per script.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findTools, type Isolation, probeIsolation } from "../syscalls/harness.js";
import type { Script } from "./scripts.js";

/** What begins every script, in both worlds: an empty folder to work in. */
export function commandOf(name: string): string[] {
  const prepare = "cd /tmp && rm -rf w && mkdir w && cd w || exit 125";
  return ["/mnt/bin/sh", "-c", `umask 022; ${prepare}; exec sh /mnt/scripts/${name}`];
}

export const environment: readonly string[] = Object.freeze(["PATH=/mnt/bin", "HOME=/root"]);

export interface Outcome {
  stdout: string;
  stderr: string;
  /** As a shell gives it: 128 + signal when one ended it. */
  status: number;
}

export interface Oracle {
  run(name: string): Promise<Outcome>;
  remove(): void;
}

/** The host's root is not the scripts' to write. */
const readOnlyRoot = "mount -o remount,bind,ro / || exit 125; ";

function launch(isolation: Isolation, qemu: string, folder: string, name: string) {
  return new Promise<Outcome>((resolve, reject) => {
    const [shell = "", flag = "", command = ""] = commandOf(name);
    const args = ["--qemu", qemu, folder, shell, flag, readOnlyRoot + command];
    const [path = "", home = ""] = environment.map((entry) => entry.slice(entry.indexOf("=") + 1));
    const child = spawn(isolation.launcher ?? "", args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: path, HOME: home },
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (piece: Buffer) => stdout.push(piece));
    child.stderr.on("data", (piece: Buffer) => stderr.push(piece));
    child.on("error", reject);
    child.on("close", (status) => {
      resolve({
        stdout: Buffer.concat(stdout).toString("latin1"),
        stderr: Buffer.concat(stderr).toString("latin1"),
        status: status ?? -1,
      });
    });
  });
}

/**
 * Prepares the oracle.
 *
 * @param busybox the image's ELF
 * @param applets the names that it answers to
 * @returns the oracle, or the reason why there is none
 */
export async function createOracle(
  busybox: Uint8Array,
  applets: readonly string[],
  scripts: readonly Script[],
): Promise<Oracle | string> {
  const tools = findTools();
  const { qemu } = tools;
  if (qemu === null) return "needs qemu-user-static";
  const isolation = await probeIsolation(tools);
  if (isolation.launcher === null || !isolation.binfmt) {
    return `needs namespaces with a binfmt_misc of their own: ${isolation.note}`;
  }
  const folder = mkdtempSync(join(tmpdir(), "sixfold-busybox-"));
  mkdirSync(join(folder, "bin"));
  mkdirSync(join(folder, "scripts"));
  writeFileSync(join(folder, "bin", "busybox"), busybox, { mode: 0o755 });
  for (const name of applets) {
    if (name !== "busybox") symlinkSync("busybox", join(folder, "bin", name));
  }
  for (const { name, text } of scripts) writeFileSync(join(folder, "scripts", name), text);
  return {
    run: (name) => launch(isolation, qemu, folder, name),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
