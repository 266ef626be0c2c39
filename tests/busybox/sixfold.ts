/**
 * The scripts in Sixfold: the image as it was built, with /mnt/bin and /mnt/scripts as the oracle
 * has them, booted once; each script is a program of its own, as `sixfold run` starts it.
 */
import { type CpioEntry, fileType, readCpio, writeCpio } from "../../src/abi/cpio.js";
import { type BootOptions, type Prepared, prepare, settle } from "../boot/system.js";
import { commandOf, environment, type Outcome } from "./oracle.js";
import type { Script } from "./scripts.js";

const budgetInstructions = 2_000_000;
/** A script that takes longer hangs; the longest take a tenth of it. */
const limitInstructions = 6_000_000_000;
const SIGKILL = 9;

/** The image with the folders of the scripts in it. */
function withScripts(
  image: Uint8Array,
  applets: readonly string[],
  scripts: readonly Script[],
): Uint8Array {
  const entries: CpioEntry[] = [...readCpio(image)];
  let inode = 1_000_000;
  const add = (path: string, mode: number, data: Uint8Array): void => {
    entries.push({
      path,
      mode,
      uid: 0,
      gid: 0,
      mtime: 0,
      nlink: 1,
      inode: inode++,
      deviceMajor: 0,
      deviceMinor: 0,
      rdevMajor: 0,
      rdevMinor: 0,
      data,
    });
  };
  add("mnt/bin", fileType.directory | 0o755, new Uint8Array(0));
  add("mnt/scripts", fileType.directory | 0o755, new Uint8Array(0));
  const target = Buffer.from("/usr/bin/busybox");
  for (const name of applets) add(`mnt/bin/${name}`, fileType.symbolicLink | 0o777, target);
  for (const { name, text } of scripts) {
    add(`mnt/scripts/${name}`, fileType.regular | 0o644, Buffer.from(text));
  }
  return writeCpio(entries);
}

export interface Session {
  prepared: Prepared;
  /** @throws Error when the script does not end; the message has what it wrote */
  run(name: string): Outcome;
}

/** Boots a structure with the scripts. */
export function openSession(
  structure: string,
  image: Uint8Array,
  applets: readonly string[],
  scripts: readonly Script[],
  change: Partial<BootOptions> = {},
): Session {
  const options = { structure, files: new Map<string, Uint8Array>(), argv: [], ...change };
  const prepared = prepare({ ...options, image: withScripts(image, applets, scripts) });
  return { prepared, run: (name) => runScript(prepared, name) };
}

function runScript(prepared: Prepared, name: string): Outcome {
  const { system, collected, streams } = prepared;
  collected.bytes.clear();
  collected.trace.length = 0;
  const text = (port: number) => Buffer.from(collected.bytes.get(port) ?? []).toString("latin1");
  const process = system.start({
    argv: commandOf(name),
    environment,
    workdir: "/",
    userId: 0,
    groupId: 0,
    terminal: false,
    streams,
  });
  const why = process < 0 ? `does not start: ${process}` : undefined;
  const end = system.instructions + limitInstructions;
  let status: number | undefined;
  let hang = why ?? system.panic;
  while (hang === undefined && status === undefined) {
    const { idle } = system.run(budgetInstructions);
    status = system.takeResult(process)?.status;
    if (system.panic !== undefined) hang = system.panic;
    else if (idle && status === undefined) hang = "everything waits for ever";
    else if (system.instructions > end) hang = "no end";
  }
  // What a script leaves in the background may still write; then it goes.
  if (hang === undefined) settle(system, budgetInstructions);
  system.signalGroup(process, SIGKILL);
  settle(system, budgetInstructions);
  if (status === undefined) {
    throw new Error(`${name}: ${hang}; so far:\n${text(streams[1])}${text(streams[2])}`);
  }
  const signal = status & 0x7f;
  return {
    stdout: text(streams[1]),
    stderr: text(streams[2]),
    status: signal === 0 ? (status >> 8) & 0xff : 128 + signal,
  };
}
