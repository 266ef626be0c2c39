/**
 * One entry of LTP in Sixfold: the default image with the entry's program, the programs of LTP that
 * it names, and its data, booted afresh.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type CpioEntry, fileType, readCpio, writeCpio } from "../../src/abi/cpio.js";
import { bootProgram } from "../boot/system.js";
import type { Entry } from "./entries.js";
import type { Ended } from "./outcome.js";

/** Thirty seconds of the guest's time, the limit of the native run. */
const limitInstructions = 6_000_000_000;
/** mallinfo2_01 asks for 2 GiB, which nobody promises who has less. */
const ramBytes = 2560 * 1024 * 1024;

/** Names of programs that the bytes of a program hold as strings. */
function namedIn(program: Uint8Array, names: ReadonlySet<string>): string[] {
  const text = Buffer.from(program.buffer, program.byteOffset, program.length).toString("latin1");
  const words = new Set(text.match(/[\w.-]{4,}/g));
  return [...words].filter((word) => names.has(word));
}

/** The programs that an entry needs, itself first, and its data files. */
function filesOf(folder: string, entry: Entry): Map<string, Uint8Array> {
  const bin = join(folder, "riscv64", "testcases", "bin");
  const names = new Set(readdirSync(bin));
  const files = new Map<string, Uint8Array>();
  const wanted = [entry.program];
  for (const name of wanted) {
    const path = join(bin, name);
    if (files.has(`mnt/${name}`) || !existsSync(path) || !statSync(path).isFile()) continue;
    const bytes = readFileSync(path);
    files.set(`mnt/${name}`, bytes);
    // Helpers only of the entry itself: every program holds the names of its library.
    if (name === entry.program) wanted.push(...namedIn(bytes, names));
  }
  const data = join(folder, "riscv64", "testcases", "data", entry.program);
  if (existsSync(data)) {
    for (const name of readdirSync(data)) {
      const path = join(data, name);
      if (!statSync(path).isFile()) continue;
      files.set(`mnt/testcases/data/${entry.program}/${name}`, readFileSync(path));
    }
  }
  return files;
}

function imageWith(image: Uint8Array, files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const entries: CpioEntry[] = [...readCpio(image)];
  let inode = 1_000_000;
  const folders = new Set(entries.map(({ path }) => path));
  const add = (path: string, mode: number, data: Uint8Array): void => {
    const owner = { uid: 0, gid: 0, mtime: 0, nlink: 1, inode: inode++ };
    const device = { deviceMajor: 0, deviceMinor: 0, rdevMajor: 0, rdevMinor: 0 };
    entries.push({ path, mode, ...owner, ...device, data });
  };
  for (const [path, bytes] of files) {
    const parts = path.split("/").slice(0, -1);
    for (const [index] of parts.entries()) {
      const folder = parts.slice(0, index + 1).join("/");
      if (!folders.has(folder)) add(folder, fileType.directory | 0o755, new Uint8Array(0));
      folders.add(folder);
    }
    add(path, fileType.regular | 0o755, bytes);
  }
  return writeCpio(entries);
}

/** Runs an entry. It never throws for what the system under test does. */
export function runInSixfold(
  folder: string,
  structure: string,
  image: Uint8Array,
  entry: Entry,
  environment: readonly string[],
): Ended {
  try {
    const booted = bootProgram({
      structure,
      image: imageWith(image, filesOf(folder, entry)),
      files: new Map(),
      // A last command takes the place of busybox's shell, and keeps SIGQUIT ignored as it was.
      argv: ["/bin/sh", "-c", `${entry.command}\nexit $?`],
      environment: [...environment, "PATH=/mnt:/usr/sbin:/usr/bin:/sbin:/bin"],
      limitInstructions,
      ramBytes,
    });
    const text = `${booted.stdout}${booted.stderr}${booted.reports.join("\n")}`;
    if (booted.hang !== null) return { status: 124, text: `${text}\n${booted.hang}` };
    return { status: booted.exitCode ?? 128 + (booted.signal ?? 0), text };
  } catch (error) {
    return { status: 125, text: error instanceof Error ? (error.stack ?? error.message) : "" };
  }
}
