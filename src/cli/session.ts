/**
 * Boots a system as the options say and runs one program in it: on the console when the terminal is
 * ours on both ends, else over three streams. Used by the shell and by `run`.
 */
import { boot, type Outcome, type Program, type StartOptions, type System } from "../index.js";
import { EXIT_NOT_FOUND, EXIT_SIGNAL_BASE, exitCodeOf, SIGHUP, say } from "./exit.js";
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

/** Runs one program to its end. @returns the exit code */
export async function runSession(options: SessionOptions): Promise<number> {
  const { flags } = options;
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const system = await boot({
    image: flags.image,
    structure: flags.structure,
    memoryBytes: flags.memory,
    clock: flags.clock,
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
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
  const output = pumpOutput(program.stdout, process.stdout).catch(() => undefined);
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
    await output;
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
  const broken = (): void => program.kill("SIGPIPE");
  const pumps = [
    pumpOutput(program.stdout, process.stdout).catch(broken),
    pumpOutput(program.stderr, process.stderr).catch(broken),
  ];
  const input = isReadFirst ? undefined : pumpInput(program.stdin);
  try {
    const outcome = await program.result;
    await Promise.all(pumps);
    if (outcome.errno !== undefined) explain(options, outcome);
    return conclude(options, outcome);
  } finally {
    input?.stop();
    release();
  }
}

/** A program that could not be executed has nobody to say so. */
function explain({ argv }: SessionOptions, { exitCode, errno }: Outcome): void {
  const isMissing = exitCode === EXIT_NOT_FOUND;
  say(`${argv[0]}: ${isMissing ? "not found" : `cannot be executed (${errno})`}`);
}

function conclude({ flags }: SessionOptions, outcome: Outcome): number {
  if (flags.verbose === true) {
    const { milliseconds, instructions } = outcome.usage;
    // Under the virtual clock two runs say the same, so nothing of the host's time.
    const after = flags.clock === "virtual" ? "" : ` after ${Math.round(milliseconds)} ms`;
    say(`ended by ${outcome.reason}${after}`);
    say(`instructions: ${instructions}`);
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
