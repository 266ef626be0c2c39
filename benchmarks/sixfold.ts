/**
 * Sixfold under a benchmark: one program in a fresh system, under the real clock, driven in this
 * thread as a host adaptor drives it: sample the clock, run for a budget, wait when all waits. The
 * system is the built one: where tsx compiles the sources it adds a call to each closure that is
 * made, a quarter of the time of a short system call.
 */
import { readFileSync } from "node:fs";
import { fileType, writeCpio } from "../dist/abi/cpio.js";
import { createSystem, type System, type SystemOptions } from "../dist/structures/boot.js";

/** About a millisecond of work between two samples of the clock. */
const budgetInstructions = 200_000;
const ramBytes = 1024 * 1024 * 1024;
/** More than any table starts. */
const PROCESSES = 10_000;

export interface Job {
  readonly structure: string;
  /** Of process 1 on the host. */
  readonly initPath: string;
  /** Absolute path in the guest → path on the host; all executable. */
  readonly files: ReadonlyMap<string, string>;
  readonly argv: readonly string[];
  readonly environment: readonly string[];
  readonly limitMs: number;
}

/** How a program ended and what it wrote. */
export interface Outcome {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly problem: string;
}

function folder(path: string, mode: number) {
  const numbers = { uid: 0, gid: 0, mtime: 0, nlink: 2, inode: 1, deviceMajor: 0, deviceMinor: 0 };
  const rdev = { rdevMajor: 0, rdevMinor: 0 };
  return { path, mode: fileType.directory | mode, ...numbers, ...rdev, data: new Uint8Array(0) };
}

function emptyImage(): Uint8Array {
  const plain = ["dev", "mnt", "proc", "sbin"].map((path) => folder(path, 0o755));
  return writeCpio([...plain, folder("tmp", 0o1777)]);
}

type Output = Map<number, Uint8Array[]>;

function hosts(output: Output): SystemOptions["hosts"] {
  let random = 0;
  return {
    console: {
      output(port, bytes) {
        const chunks = output.get(port) ?? [];
        output.set(port, chunks);
        chunks.push(bytes.slice());
        return bytes.length;
      },
      inputReady: () => undefined,
      guestOpened: () => undefined,
    },
    uart: { output: (bytes) => bytes.length, inputReady: () => undefined },
    entropy: {
      fill(bytes) {
        for (let index = 0; index < bytes.length; index++) bytes[index] = random++ & 255;
      },
    },
  };
}

/** One machine for all: the interpreter compiles once. */
const moduleCache = new Map<string, WebAssembly.Module>();

function boot(job: Job, start: bigint, output: Output, reports: string[]): System {
  const files = [...job.files].map(([path, host]) => ({
    path,
    mode: 0o755,
    bytes: new Uint8Array(readFileSync(host)),
  }));
  const init = {
    path: "/sbin/init",
    mode: 0o755,
    bytes: new Uint8Array(readFileSync(job.initPath)),
  };
  return createSystem({
    structure: job.structure,
    image: emptyImage(),
    ramBytes,
    seed: 1,
    clock: {
      virtual: false,
      epochSeconds: Math.floor(Date.now() / 1000),
      epochNanoseconds: 0,
      hostNanoseconds: () => Number(process.hrtime.bigint() - start),
    },
    files: [init, ...files],
    limits: { processes: PROCESSES },
    report: (line) => void reports.push(line),
    hosts: hosts(output),
    moduleCache,
  });
}

/** Until `isDone`, or nothing can happen any more, or the time is over. @returns why it stopped */
function drive(system: System, start: bigint, limitMs: number, isDone: () => boolean): string {
  const elapsed = () => Number(process.hrtime.bigint() - start);
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  while (!isDone()) {
    if (system.panic !== undefined) return system.panic;
    if (elapsed() > limitMs * 1e6) return `no end within ${limitMs} ms`;
    system.sample(elapsed());
    const { idle, wakeNanoseconds } = system.run(budgetInstructions);
    if (!idle || isDone()) continue;
    if (wakeNanoseconds === Number.POSITIVE_INFINITY) return "everything waits for ever";
    const waitMs = (wakeNanoseconds - elapsed()) / 1e6;
    if (waitMs > 0) Atomics.wait(sleeper, 0, 0, Math.min(waitMs, limitMs));
  }
  return "";
}

/** Boots, runs the program to its end, and gives back what it wrote. */
export function runJob(job: Job): Outcome {
  const output: Output = new Map();
  const reports: string[] = [];
  const start = process.hrtime.bigint();
  const system = boot(job, start, output, reports);
  const stdin = system.console.addPort("stdin");
  const stdout = system.console.addPort("stdout");
  const stderr = system.console.addPort("stderr");
  drive(system, start, job.limitMs, () => false);
  system.console.closePort(stdin);
  const { argv, environment } = job;
  const streams = [stdin, stdout, stderr] as [number, number, number];
  const program = { argv, environment, workdir: "/tmp", userId: 0, groupId: 0, streams };
  const id = system.start({ ...program, terminal: false });
  if (id < 0) return { exitCode: undefined, stdout: "", problem: `start: error ${-id}` };
  let status: number | undefined;
  const stopped = drive(system, start, job.limitMs, () => {
    status ??= system.takeResult(id)?.status;
    return status !== undefined;
  });
  const text = (port: number) => Buffer.concat(output.get(port) ?? []).toString("utf8");
  const exitCode = status !== undefined && (status & 0x7f) === 0 ? status >> 8 : undefined;
  const problem = [stopped, ...reports, text(stderr)].filter((part) => part !== "").join("; ");
  return { exitCode, stdout: text(stdout), problem };
}
