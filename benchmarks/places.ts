/**
 * Where benchmark programs run: a shell on the host, under qemu-user, in qemu-system, in v86, and
 * in Sixfold in each structure. In all of them $Q is the folder of the programs, $BB busybox, and
 * $BENCH_DIR a folder in memory. A place stays up for the whole run, so what it translates is warm.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CpioEntry, fileType, readCpio, writeCpio } from "../src/abi/cpio.js";
import { readImage } from "../src/image/stored.js";
import { NotHere } from "./peers/cache.js";
import { entry } from "./peers/initrd.js";
import { prepare, startQemuSystem, startV86 } from "./peers/machines.js";
import { busybox, qemuUser } from "./peers/packages.js";
import { Shell } from "./peers/shell.js";
import type { Architecture, Built } from "./programs.js";

export const structures = ["monolithic", "microkernel"] as const;
export const placeNames = [
  "native",
  "wasm32",
  "qemu-user",
  "qemu-system",
  "v86",
  ...structures,
] as const;
export type PlaceName = (typeof placeNames)[number];

const sixfoldCommand = fileURLToPath(new URL("../bin/sixfold.js", import.meta.url));
const SIXFOLD_MEMORY = "1G";

/** The head of a riscv64 program, and which of its bits count (binfmt_misc of Linux). */
const magic =
  "\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xf3\\x00";
const mask = `${"\\xff".repeat(7)}\\x00${"\\xff".repeat(8)}\\xfe\\xff\\xff\\xff`;

/** Registers riscv64 programs with qemu-user, seen by nobody but the shell's own namespace. */
const namespaceScript = `mount -t binfmt_misc none /proc/sys/fs/binfmt_misc &&
printf '%s' ":sixfold:M::${magic}:${mask}:$QEMU:F" > /proc/sys/fs/binfmt_misc/register &&
exec "$@"`;

/** A scratch folder in memory where there is one. */
export function scratchFolder(): string {
  return mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "sixfold-bench-"));
}

function hostShell(name: string, command: readonly string[], env: Record<string, string>): Shell {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", ...env } });
  return new Shell(name, child);
}

/** The host itself; "wasm32" are the programs as WebAssembly in Node. */
async function startNative(
  name: "native" | "wasm32",
  built: Built,
  scratch: string,
): Promise<Shell> {
  const box = await busybox("amd64");
  return hostShell(name, [box, "sh"], { Q: built.folder(name), BB: box, BENCH_DIR: scratch });
}

/** A command that runs a riscv64 program, and what it executes, under qemu-user 10. */
export async function underQemu(command: readonly string[]): Promise<readonly string[]> {
  if (process.arch !== "x64") throw new NotHere("the packages are fetched for amd64 hosts only");
  const { folder } = await qemuUser();
  const script = namespaceScript.replace("$QEMU", join(folder, "usr/bin/qemu-riscv64"));
  return ["unshare", "-U", "-r", "-m", "sh", "-c", script, "sh", ...command];
}

async function startQemuUser(built: Built, scratch: string): Promise<Shell> {
  const box = await busybox("riscv64");
  const env = { Q: built.folder("riscv64"), BB: box, BENCH_DIR: scratch };
  const shell = hostShell("qemu-user", await underQemu([box, "sh"]), env);
  try {
    await shell.run("true", 10_000);
    return shell;
  } catch (error) {
    shell.close();
    const why = error instanceof Error ? error.message : String(error);
    throw new NotHere(`needs user namespaces with binfmt_misc (Linux 6.7): ${why}`);
  }
}

/** The default image with the programs in /bench. @returns the file */
export async function imageWithPrograms(
  programs: ReadonlyMap<string, string>,
  folder: string,
): Promise<string> {
  const stored = await readImage();
  if (stored === undefined) throw new NotHere("there is no image: npx sixfold image build");
  const added: CpioEntry[] = [entry("bench", fileType.directory | 0o755)];
  for (const [name, path] of programs) {
    const bytes = new Uint8Array(readFileSync(path));
    added.push(entry(`bench/${name}`, fileType.regular | 0o755, bytes));
  }
  const path = join(folder, "bench.cpio");
  writeFileSync(path, writeCpio([...readCpio(stored.archive), ...added]));
  return path;
}

/** The command line of Sixfold. */
export function sixfold(...args: readonly string[]): readonly string[] {
  return [process.execPath, sixfoldCommand, ...args];
}

async function startSixfold(structure: string, built: Built, scratch: string): Promise<Shell> {
  const image = await imageWithPrograms(built.files("riscv64"), scratch);
  const options = ["--image", image, "--structure", structure, "--memory", SIXFOLD_MEMORY];
  const variables = ["Q=/bench", "BB=/bin/busybox", "BENCH_DIR=/tmp"];
  const env = variables.flatMap((text) => ["--env", text]);
  const command = sixfold("run", ...options, ...env, "--", "sh");
  return hostShell(structure, command, { HOME: process.env.HOME ?? "/", ...cacheVariables() });
}

function cacheVariables(): Record<string, string> {
  const names = ["SIXFOLD_CACHE", "XDG_CACHE_HOME"];
  return Object.fromEntries(names.flatMap((name) => [[name, process.env[name] ?? ""]]));
}

async function start(name: PlaceName, built: Built, scratch: string): Promise<Shell> {
  const programs = (architecture: Architecture) => built.files(architecture);
  switch (name) {
    case "native":
    case "wasm32":
      return await startNative(name, built, scratch);
    case "qemu-user":
      return await startQemuUser(built, scratch);
    case "qemu-system":
      return await prepare(await startQemuSystem(programs("riscv64")));
    case "v86":
      return await prepare(await startV86(programs("i386")));
    default:
      return await startSixfold(name, built, scratch);
  }
}

/** Places that are up, and why others are not. */
export class Places {
  readonly shells = new Map<PlaceName, Shell>();
  readonly missing = new Map<PlaceName, string>();
  private readonly scratch = scratchFolder();

  constructor(
    private readonly wanted: readonly PlaceName[],
    private readonly built: Built,
  ) {}

  async open(): Promise<void> {
    for (const name of this.wanted) await this.openOne(name);
  }

  /** After a failure: the place is started anew. */
  async reopen(name: PlaceName): Promise<void> {
    this.shells.get(name)?.close();
    this.shells.delete(name);
    await this.openOne(name);
  }

  close(): void {
    for (const shell of this.shells.values()) shell.close();
    rmSync(this.scratch, { recursive: true, force: true });
  }

  private async openOne(name: PlaceName): Promise<void> {
    try {
      console.error(`starting ${name}`);
      this.shells.set(name, await start(name, this.built, this.scratch));
    } catch (error) {
      if (!(error instanceof NotHere)) throw error;
      this.missing.set(name, error.message);
    }
  }
}
