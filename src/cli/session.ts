/**
 * Boots a system as the options say and runs one program in it: on the console when the terminal is
 * ours on both ends, else over three streams. Used by the shell and by `run`.
 */
import { readFile } from "node:fs/promises";
import { defaultName, isImageName, listImages, readImage } from "../image/stored.js";
import { boot, type Outcome, type Program, type StartOptions, type System } from "../index.js";
import {
  EXIT_NOT_EXECUTABLE,
  EXIT_NOT_FOUND,
  EXIT_SIGNAL_BASE,
  exitCodeOf,
  SIGHUP,
  say,
  UsageError,
} from "./exit.js";
import type { SystemFlags } from "./options.js";
import { pumpInput, pumpOutput, readAllInput } from "./pump.js";
import { Terminal } from "./terminal.js";

export interface SessionOptions {
  readonly flags: SystemFlags;
  readonly argv: readonly string[];
  readonly timeoutMs?: number;
  /** Said on the terminal before the program starts. */
  readonly greeting?: string;
}

/**
 * Reads an image: the one of a name, else a file. @throws UsageError, ImageError saying how to get one
 */
export async function loadImage(image: string): Promise<Uint8Array> {
  const found = isImageName(image) ? await readImage({ name: image }) : undefined;
  if (found !== undefined) return found.archive;
  if (image === defaultName) {
    throw new UsageError("there is no image yet; build it with: sixfold image build");
  }
  try {
    return await readFile(image);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && !image.includes("/")) {
      const names = (await listImages()).map(({ name }) => name);
      const there = names.length === 0 ? "no image yet" : names.join(", ");
      throw new UsageError(`no image or file "${image}"; there is: ${there}`);
    }
    throw new UsageError(`cannot read the image ${image}: ${code ?? String(error)}`);
  }
}

/** Runs one program to its end. @returns the exit code */
export async function runSession(options: SessionOptions): Promise<number> {
  const { flags } = options;
  const image = await loadImage(flags.image);
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const system = await boot({
    image,
    structure: flags.structure,
    memoryBytes: flags.memory,
    clock: flags.clock,
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    useConsole: isTerminal,
    trace: flags.strace === true,
    ...(flags.printer === undefined ? {} : { printer: flags.printer }),
    report: (line, isDetail) => {
      if (!isDetail || flags.verbose === true) say(line);
    },
  });
  const traced = flags.strace === true ? pumpOutput(system.trace, process.stderr) : undefined;
  try {
    const run = isTerminal ? runOnTerminal : runOverStreams;
    return await run(system, options);
  } finally {
    await system.shutdown();
    await traced;
  }
}

function startOptions(options: SessionOptions): StartOptions {
  const { flags, timeoutMs } = options;
  return {
    env: Object.fromEntries(flags.env),
    user: flags.user,
    ...(flags.workdir === undefined ? {} : { workdir: flags.workdir }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

async function runOnTerminal(system: System, options: SessionOptions): Promise<number> {
  const terminal = new Terminal();
  const base = startOptions(options);
  const program = await system.start(options.argv, {
    ...base,
    env: { TERM: process.env.TERM ?? "linux", ...base.env },
    terminal: terminal.window,
  });
  if (options.greeting !== undefined) process.stderr.write(`${options.greeting}\n`);
  const output = pumpOutput(system.console, process.stdout);
  const writer = program.stdin.getWriter();
  let hasHungUp = false;
  terminal.open({
    input: (bytes) => writer.write(bytes),
    resize: (window) => program.resize(window.columns, window.rows),
    hangUp: () => {
      hasHungUp = true;
      process.stderr.write("\r\n");
      say("session ended");
      program.kill("SIGHUP");
      void system.shutdown();
    },
  });
  try {
    const outcome = await program.result;
    await system.shutdown();
    await output.catch(() => undefined);
    return conclude(options, outcome);
  } catch (error) {
    if (hasHungUp) return EXIT_SIGNAL_BASE + SIGHUP;
    throw error;
  } finally {
    terminal.close();
  }
}

async function runOverStreams(system: System, options: SessionOptions): Promise<number> {
  // Under the virtual clock input must not come at a time of the host's.
  const isReadFirst = options.flags.clock === "virtual" && process.stdin.isTTY !== true;
  const base = startOptions(options);
  const stdin = isReadFirst ? { stdin: await readAllInput() } : {};
  const program = await system.start(options.argv, { ...base, ...stdin });
  const release = forwardSignals(program);
  const hasOutput = { stdout: false, stderr: false };
  const broken = (): void => program.kill("SIGPIPE");
  const pumps = [
    pumpOutput(program.stdout, process.stdout, () => (hasOutput.stdout = true)).catch(broken),
    pumpOutput(program.stderr, process.stderr, () => (hasOutput.stderr = true)).catch(broken),
  ];
  const input = isReadFirst ? undefined : pumpInput(program.stdin);
  try {
    const outcome = await program.result;
    await Promise.all(pumps);
    if (!hasOutput.stdout && !hasOutput.stderr) explain(options, outcome);
    return conclude(options, outcome);
  } finally {
    input?.stop();
    release();
  }
}

/** A program that could not be executed has nobody to say so: its exit code is the only sign. */
function explain({ argv }: SessionOptions, outcome: Outcome): void {
  if (outcome.exitCode === EXIT_NOT_FOUND && !isShell(argv)) say(`${argv[0]}: not found`);
  if (outcome.exitCode === EXIT_NOT_EXECUTABLE && !isShell(argv)) {
    say(`${argv[0]}: cannot be executed`);
  }
}

/** Shells end with 126 and 127 on their own account. */
function isShell([program = ""]: readonly string[]): boolean {
  return /(^|\/)(ba|a|da)?sh$/.test(program);
}

function conclude({ flags }: SessionOptions, outcome: Outcome): number {
  if (flags.verbose === true) {
    const { milliseconds, instructions } = outcome.usage;
    // Under the virtual clock two runs say the same, so nothing of the host's time.
    const after = flags.clock === "virtual" ? "" : ` after ${Math.round(milliseconds)} ms`;
    say(`ended by ${outcome.reason}${after}`);
    say(`instructions of the system since boot: ${instructions}`);
  }
  return exitCodeOf(outcome);
}

/** Ctrl-C and the like end the guest as a whole; the second time at once. */
function forwardSignals(program: Program): () => void {
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  let count = 0;
  const graceMs = 2000;
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => {
    count++;
    program.kill(count === 1 ? "SIGTERM" : "SIGKILL");
    timer ??= setTimeout(() => program.kill("SIGKILL"), graceMs);
  };
  for (const name of names) process.on(name, end);
  return () => {
    clearTimeout(timer);
    for (const name of names) process.off(name, end);
  };
}
