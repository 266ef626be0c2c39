/**
 * A system for tests: boots a structure with a reaping init and one program, under the virtual
 * clock, runs it to its end, and gives back what it wrote, how it ended, and the system itself.
 *
 * Layers: `createSystem` of src/structures; here its hosts (ports that collect bytes, entropy from
 * a counter), an image of empty folders, and the loop that drives `run`.
 */
import { fileType, writeCpio } from "../../src/abi/cpio.js";
import { createSystem, type System, type SystemOptions } from "../../src/structures/boot.js";

const usualRamBytes = 256 * 1024 * 1024;
const budgetInstructions = 2_000_000;
const epochSeconds = 1_700_000_000;

/** The compiled interpreter is the same for every system of this process. */
const moduleCache = new Map<string, WebAssembly.Module>();

export interface BootOptions {
  structure: string;
  /** A root file system (cpio); absent: one of empty folders. */
  image?: Uint8Array;
  /** The ELF of process 1; see `buildInit` of tests/syscalls/harness.ts. Absent: the image's. */
  init?: Uint8Array;
  /** Put into the root: absolute path → contents, all executable. */
  files: ReadonlyMap<string, Uint8Array>;
  argv: readonly string[];
  environment?: readonly string[];
  seed?: number;
  injection?: boolean;
  preemptionInstructions?: number;
  translator?: "off" | "hot" | "all";
  copyingPorts?: boolean;
  faults?: SystemOptions["faults"];
  trace?: boolean;
  /** Folders of the host, where they are seen, and who serves them. */
  mounts?: SystemOptions["mounts"];
  folders?: SystemOptions["hosts"]["folders"];
  /** Seconds since 1970 at boot. */
  epochSeconds?: number;
  ramBytes?: number;
  translationBytes?: number;
  /** Instructions after which the program counts as hanging. */
  limitInstructions?: number;
}

export interface Booted {
  system: System;
  /** Exit status, or null. */
  exitCode: number | null;
  /** The signal that ended the program, or null. */
  signal: number | null;
  stdout: string;
  stderr: string;
  /** One line per system call, when traced. */
  trace: string[];
  /** What the operator was told: panics, domains that died. */
  reports: string[];
  /** Why the program has no end, or null. */
  hang: string | null;
}

interface Collected {
  bytes: Map<number, number[]>;
  trace: string[];
  reports: string[];
}

/** An image with the folders that the test programs want. */
function emptyImage(): Uint8Array {
  const folder = (path: string, mode: number) => ({
    path,
    mode: fileType.directory | mode,
    uid: 0,
    gid: 0,
    mtime: 0,
    nlink: 2,
    inode: 1,
    deviceMajor: 0,
    deviceMinor: 0,
    rdevMajor: 0,
    rdevMinor: 0,
    data: new Uint8Array(0),
  });
  return writeCpio([
    folder("dev", 0o755),
    folder("mnt", 0o755),
    folder("proc", 0o555),
    folder("sbin", 0o755),
    folder("tmp", 0o1777),
  ]);
}

function collectingHosts(collected: Collected): SystemOptions["hosts"] {
  let random = 0;
  return {
    console: {
      output(port, bytes) {
        const all = collected.bytes.get(port) ?? [];
        for (const byte of bytes) all.push(byte);
        collected.bytes.set(port, all);
        return bytes.length;
      },
      inputReady: () => undefined,
      guestOpened: () => undefined,
    },
    uart: { output: (bytes) => bytes.length, inputReady: () => undefined },
    entropy: {
      fill(bytes) {
        for (let i = 0; i < bytes.length; i++) bytes[i] = random++ & 255;
      },
    },
  };
}

/** The options of a system that is like every other but for what the test changes. */
function systemOptions(options: BootOptions, collected: Collected): SystemOptions {
  const { init } = options;
  const files = init === undefined ? [] : [{ path: "/sbin/init", mode: 0o755, bytes: init }];
  for (const [path, bytes] of options.files) files.push({ path, mode: 0o755, bytes });
  return {
    structure: options.structure,
    image: options.image ?? emptyImage(),
    ramBytes: options.ramBytes ?? usualRamBytes,
    translationBytes: options.translationBytes,
    seed: options.seed ?? 1,
    clock: {
      virtual: true,
      epochSeconds: options.epochSeconds ?? epochSeconds,
      epochNanoseconds: 0,
    },
    injection: options.injection ?? false,
    preemptionInstructions: options.preemptionInstructions ?? 0,
    translator: options.translator ?? (process.env.SIXFOLD_TEST_TIER === "all" ? "all" : "hot"),
    copyingPorts: options.copyingPorts ?? false,
    faults: options.faults ?? [],
    files,
    trace: options.trace ? (line) => void collected.trace.push(line) : undefined,
    report: (line) => void collected.reports.push(line),
    mounts: options.mounts ?? [],
    hosts: { ...collectingHosts(collected), folders: options.folders },
    moduleCache,
  };
}

/** Runs until everything waits, or the limit. @returns whether everything waits */
export function settle(system: System, limitInstructions: number): boolean {
  const end = system.instructions + limitInstructions;
  while (system.instructions < end) {
    if (system.run(budgetInstructions).idle) return true;
  }
  return false;
}

/** A system whose init waits, nothing started yet. */
export interface Prepared {
  system: System;
  /** Ports for descriptors 0, 1, 2; what is read from 0 has ended. */
  streams: readonly [number, number, number];
  collected: Collected;
}

export function prepare(options: BootOptions): Prepared {
  const collected: Collected = { bytes: new Map(), trace: [], reports: [] };
  const system = createSystem(systemOptions(options, collected));
  const input = system.console.addPort("stdin");
  const streams = [input, system.console.addPort("stdout"), system.console.addPort("stderr")];
  settle(system, 200_000_000);
  system.console.closePort(input);
  return { system, streams: streams as [number, number, number], collected };
}

/** Starts a program in a prepared system. @throws Error when it cannot be started */
export function startProgram(
  prepared: Prepared,
  argv: readonly string[],
  environment: readonly string[],
): number {
  const { system, streams } = prepared;
  const workdir = "/tmp";
  const program = { argv, environment, workdir, userId: 0, groupId: 0, terminal: false, streams };
  const process = system.start(program);
  if (process < 0) throw new Error(`cannot start ${argv[0]}: error ${-process}`);
  return process;
}

/** Boots, runs the program to its end and everything else until it waits. */
export function bootProgram(options: BootOptions): Booted {
  const prepared = prepare(options);
  const { system, collected, streams } = prepared;
  const limit = options.limitInstructions ?? 4_000_000_000;
  const end = system.instructions + limit;
  const process =
    system.panic === undefined
      ? startProgram(prepared, options.argv, options.environment ?? [])
      : undefined;
  let status: number | undefined;
  let hang: string | null = null;
  while (process !== undefined && status === undefined && hang === null) {
    const { idle } = system.run(budgetInstructions);
    status = system.takeResult(process)?.status;
    if (status !== undefined) break;
    if (system.panic !== undefined) hang = system.panic;
    else if (idle) hang = "everything waits for ever";
    else if (system.instructions > end) hang = `no end within ${limit} instructions`;
  }
  settle(system, 100_000_000);
  const text = (port: number) => Buffer.from(collected.bytes.get(port) ?? []).toString("latin1");
  const signal = status === undefined ? 0 : status & 0x7f;
  return {
    system,
    exitCode: status !== undefined && signal === 0 ? (status >> 8) & 0xff : null,
    signal: signal === 0 ? null : signal,
    stdout: text(streams[1]),
    stderr: text(streams[2]),
    trace: collected.trace,
    reports: collected.reports,
    hang,
  };
}
