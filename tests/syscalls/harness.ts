/**
 * Compiles the C tests and runs them on the oracles.
 *
 * Layers, from below: finding tools; compiling into a cache keyed by content; running a program on
 * the host's Linux in namespaces of its own (natively, or the riscv64 build under qemu-user);
 * deciding what a program is expected to print.
 *
 * A test is one C file, tests/syscalls/<call>/<aspect>.c. Directives in its opening comment:
 *   `qemu differs: reason`        qemu-user is not asked; needs <aspect>.expected
 *   `riscv64 only: reason`        there is no native build; qemu-user is the oracle
 *   `needs a pid namespace: reason`  never run natively without one
 *   `no oracle: reason`           not run on the host at all; needs <aspect>.expected
 * A file <aspect>.expected beside it is the expectation written by hand, in the form of
 * `comparable`; natively it must hold all the same.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { constants, tmpdir } from "node:os";
import { delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { programDirectory } from "./sixfold.js";

const here = dirname(fileURLToPath(import.meta.url));
const oracleLimitMs = 40_000;
const parallelJobs = 2;

/** Exact words: the reporter of `npm test` counts them as "not run: needs PACKAGE". */
export const needsCompiler = "needs gcc-riscv64-linux-gnu";
export const needsQemu = "needs qemu-user-static";
export const needsHostCompiler = "needs gcc";

export interface Program {
  /** Call and aspect, e.g. "pipe/eof". */
  name: string;
  path: string;
  source: string;
  expectedPath: string;
  qemuDiffers: boolean;
  riscvOnly: boolean;
  needsPidNamespace: boolean;
  /** The host would answer otherwise, whoever asks: only the expectation written by hand counts. */
  noOracle: boolean;
  /** Drops to another user: in a user namespace only root has ids to drop to. */
  needsRoot: boolean;
  /** Starts programs, which under qemu-user needs a binfmt_misc. */
  executes: boolean;
}

export interface Builds {
  native: string | null;
  riscv64: string | null;
}

interface Ended {
  status: number;
  timedOut: boolean;
  stdout: string;
  stderr: string;
}

/** All test programs, sorted by name. */
export function findPrograms(): Program[] {
  const programs: Program[] = [];
  for (const folder of readdirSync(here, { withFileTypes: true })) {
    if (!folder.isDirectory() || folder.name === "tools") continue;
    for (const file of readdirSync(join(here, folder.name))) {
      if (file.endsWith(".c")) programs.push(describe(folder.name, file.slice(0, -2)));
    }
  }
  return programs.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The programs whose name begins as SIXFOLD_SYSCALLS says: prefixes with commas; unset: all. */
export function choose(programs: readonly Program[]): Program[] {
  const prefixes = (process.env.SIXFOLD_SYSCALLS ?? "").split(",");
  return programs.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)));
}

function describe(folder: string, aspect: string): Program {
  const path = join(here, folder, `${aspect}.c`);
  const source = readFileSync(path, "utf8");
  const header = source.slice(0, Math.max(0, source.indexOf("*/")));
  return {
    name: `${folder}/${aspect}`,
    path,
    source,
    expectedPath: join(here, folder, `${aspect}.expected`),
    qemuDiffers: header.includes("qemu differs:"),
    riscvOnly: header.includes("riscv64 only:"),
    needsPidNamespace: header.includes("needs a pid namespace:"),
    noOracle: header.includes("no oracle:"),
    needsRoot: source.includes("setresuid("),
    executes: /\bexecv|posix_spawn/.test(source),
  };
}

/** The path of a command of the host, or null. */
export function findCommand(name: string): string | null {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, name);
    if (folder !== "" && existsSync(path)) return path;
  }
  return null;
}

export interface Tools {
  nativeCompiler: string | null;
  riscvCompiler: string | null;
  qemu: string | null;
}

export function findTools(): Tools {
  return {
    nativeCompiler: findCommand("gcc"),
    riscvCompiler: findCommand("riscv64-linux-gnu-gcc"),
    qemu: findCommand("qemu-riscv64-static"),
  };
}

/** Runs a command to its end, collecting what it writes. Rejects only when it cannot start. */
function execute(
  command: string,
  args: readonly string[],
  limitMs: number,
  folder?: string,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env.PATH ?? "", LC_ALL: "C" },
      timeout: limitMs,
      killSignal: "SIGKILL",
      cwd: folder,
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (piece: Buffer) => stdout.push(piece));
    child.stderr.on("data", (piece: Buffer) => stderr.push(piece));
    child.on("error", reject);
    child.on("close", (status, signal) => {
      resolve({
        status: status ?? 128 + constants.signals[signal ?? "SIGKILL"],
        timedOut: child.killed,
        stdout: Buffer.concat(stdout).toString("latin1"),
        stderr: Buffer.concat(stderr).toString("latin1"),
      });
    });
  });
}

/** Calls `work` on each item, at most `parallelJobs` at a time. */
export async function forEachInParallel<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const item = items[next++];
      if (item !== undefined) await work(item);
    }
  };
  await Promise.all(Array.from({ length: parallelJobs }, lane));
}

/** The cache of compiled programs: one folder per user of the host, filled for ever. */
function cacheFolder(kind: string): string {
  const user = process.getuid?.() ?? 0;
  const root = join(tmpdir(), `sixfold-syscalls-${user}`);
  const folder = join(root, kind);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const { uid, mode } = lstatSync(root);
  if (uid !== user || (mode & 0o022) !== 0) {
    throw new Error(`${root} belongs to another user or can be written by one: remove it`);
  }
  return folder;
}

/* No warnings: the programs pass bad arguments on purpose; compilers differ in what they see. */
const programFlags = ["-O1", "-static", "-pthread", "-w", "-std=gnu17", "-I", here];

/** The text of all headers of a folder. */
function headersOf(folder: string): string {
  const names = readdirSync(folder).filter((name) => name.endsWith(".h"));
  return names.map((name) => readFileSync(join(folder, name), "utf8")).join("\0");
}

/** Compiles one C file unless the cache has this content by this compiler already. */
async function compile(
  compiler: string,
  version: string,
  kind: string,
  source: string,
  flags: readonly string[],
): Promise<string> {
  const text = readFileSync(source, "utf8");
  const shared = [...new Set([here, dirname(source)])].map(headersOf).join("\0");
  const key = createHash("sha256")
    .update([version, flags.slice(0, -1).join(" "), shared, text].join("\0"))
    .digest("hex")
    .slice(0, 16);
  const name = relative(dirname(here), source).slice(0, -2).replaceAll("/", "-");
  const output = join(cacheFolder(kind), `${name}-${key}`);
  if (existsSync(output)) return output;
  const unfinished = `${output}.${process.pid}`;
  const ended = await execute(compiler, [...flags, "-o", unfinished, source], 60_000);
  if (ended.status !== 0) throw new Error(`${source} does not compile:\n${ended.stderr}`);
  renameSync(unfinished, output);
  return output;
}

async function versionOf(compiler: string): Promise<string> {
  return (await execute(compiler, ["--version"], 10_000)).stdout.split("\n")[0] ?? "";
}

/** Compiles all programs, natively and for riscv64, as far as the compilers are there. */
export async function compileAll(
  programs: readonly Program[],
  tools: Tools,
): Promise<Map<string, Builds>> {
  const builds = new Map<string, Builds>();
  const { nativeCompiler, riscvCompiler } = tools;
  const nativeVersion = nativeCompiler ? await versionOf(nativeCompiler) : "";
  const riscvVersion = riscvCompiler ? await versionOf(riscvCompiler) : "";
  await forEachInParallel(programs, async (program) => {
    const { path, riscvOnly } = program;
    builds.set(program.name, {
      native:
        nativeCompiler && !riscvOnly
          ? await compile(nativeCompiler, nativeVersion, "native", path, programFlags)
          : null,
      riscv64: riscvCompiler
        ? await compile(riscvCompiler, riscvVersion, "riscv64", path, programFlags)
        : null,
    });
  });
  return builds;
}

/** How a program is linked. */
export type Linking = "static" | "dynamic" | "dynamic-fixed" | "bare";

/** What replaces `-static`: a position-independent program, one at its own address, and one that
 * needs no library and can be anywhere (Debian's cross compiler has no start code for it). */
const LINKING = {
  dynamic: ["-fpie", "-pie", "-Wl,--no-as-needed", "-lm"],
  "dynamic-fixed": ["-no-pie", "-Wl,--no-as-needed", "-lm"],
  bare: ["-fpie", "-pie", "-nostdlib", "-Wl,--no-dynamic-linker", "-mno-relax"],
} as const;

/** Compiles one C file for riscv64. @returns the path of the ELF, or null without a compiler */
export async function compileRiscv(
  tools: Tools,
  source: string,
  linking: Linking = "static",
): Promise<string | null> {
  if (!tools.riscvCompiler) return null;
  const version = await versionOf(tools.riscvCompiler);
  if (linking === "static") {
    return compile(tools.riscvCompiler, version, "riscv64", source, programFlags);
  }
  const flags = [...LINKING[linking], ...programFlags.filter((flag) => flag !== "-static")];
  return compile(tools.riscvCompiler, version, linking, source, flags);
}

/** Compiles process 1 of the systems under test. @returns its path, or null without a compiler */
export function buildInit(tools: Tools): Promise<string | null> {
  return compileRiscv(tools, join(here, "tools", "init.c"));
}

/** What the host allows; asked once per test run. */
export interface Isolation {
  /** The compiled launcher, or null when namespaces are refused. */
  launcher: string | null;
  /** The same, to start a program without namespaces; null without a compiler. */
  bareLauncher: string | null;
  /** Whether a namespace can have a binfmt_misc of its own, so that qemu-user can execve. */
  binfmt: boolean;
  /** Why not, for the reader of the test's output. */
  note: string;
}

/** Compiles the launcher and tries it; without namespaces the programs run in a bare folder. */
export async function probeIsolation(tools: Tools): Promise<Isolation> {
  if (!tools.nativeCompiler) {
    return { launcher: null, bareLauncher: null, binfmt: false, note: needsHostCompiler };
  }
  const source = join(here, "tools", "namespaces.c");
  const version = await versionOf(tools.nativeCompiler);
  const flags = ["-O1", "-Wall", "-Werror"];
  const launcher = await compile(tools.nativeCompiler, version, "tools", source, flags);
  const plain = await execute(launcher, [cacheFolder("tools"), "/bin/true"], oracleLimitMs);
  const bareLauncher = launcher;
  if (plain.status !== 0) {
    return { launcher: null, bareLauncher, binfmt: false, note: plain.stderr.trim() };
  }
  if (!tools.qemu) return { launcher, bareLauncher, binfmt: false, note: needsQemu };
  const withQemu = ["--qemu", tools.qemu, cacheFolder("tools"), "/bin/true"];
  const emulated = await execute(launcher, withQemu, oracleLimitMs);
  return { launcher, bareLauncher, binfmt: emulated.status === 0, note: emulated.stderr.trim() };
}

/** Exit status as a shell gives it, output, and stderr for the message of a failed test. */
export interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

/** Runs a build on the host's Linux: natively, or through qemu-user when `qemu` is given. */
export async function runOnHost(
  build: string,
  isolation: Isolation,
  qemu: string | null,
): Promise<Outcome> {
  const program = join(programDirectory, build.slice(dirname(build).length + 1));
  if (isolation.launcher && (!qemu || isolation.binfmt)) {
    const emulate = qemu ? ["--qemu", qemu] : [];
    const args = [...emulate, dirname(build), program];
    return toOutcome(await execute(isolation.launcher, args, oracleLimitMs));
  }
  if (!isolation.bareLauncher) throw new Error(isolation.note);
  const folder = mkdtempSync(join(tmpdir(), "sixfold-run-"));
  try {
    const args = ["--bare", ...(qemu ? [qemu] : []), build];
    return toOutcome(await execute(isolation.bareLauncher, args, oracleLimitMs, folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function toOutcome(ended: Ended): Outcome {
  if (ended.timedOut)
    throw new Error(`no end within ${oracleLimitMs} ms; so far:\n${ended.stdout}`);
  return { status: ended.status, stdout: ended.stdout, stderr: ended.stderr };
}

/** The outcome of a run on Sixfold, its status as a shell gives it. */
export function outcomeOf(result: {
  exitCode: number | null;
  signal: number | null;
  stdout: string;
  stderr: string;
}): Outcome {
  const status = result.exitCode ?? 128 + (result.signal ?? 0);
  return { status, stdout: result.stdout, stderr: result.stderr };
}

/** What is compared: everything written to descriptor 1, then the exit status. */
export function comparable(outcome: Outcome): string {
  return `${outcome.stdout}exit status ${outcome.status}\n`;
}

/** The expectation written by hand, or null when the oracle decides. */
export function handWritten(program: Program): string | null {
  return existsSync(program.expectedPath) ? readFileSync(program.expectedPath, "latin1") : null;
}
