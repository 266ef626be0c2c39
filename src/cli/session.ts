/**
 * Boots a system as the options say and runs one program in it: on the guest's terminal, over three
 * streams, or with its output kept for a result in JSON. Used by the shell and by `run`.
 */
import {
  boot,
  type Prepared,
  type Program,
  type RunResult,
  type StartOptions,
  type System,
} from "../index.js";
import {
  EXIT_NOT_FOUND,
  EXIT_SIGNAL_BASE,
  endOf,
  exitCodeOf,
  SIGHUP,
  say,
  UsageError,
} from "./exit.js";
import { printResult } from "./json.js";
import type { RunFlags } from "./options.js";
import { writeProfile } from "./profile.js";
import { pumpInput, pumpOutput, readAllInput } from "./pump.js";
import { forwardSignals } from "./signals.js";
import { Terminal } from "./terminal.js";

/** What JSON has of either output. */
const OUTPUT_BYTES_KEPT = 16 * 2 ** 20;

export interface SessionOptions {
  readonly flags: RunFlags;
  /** Undefined: the shell of the user's account, as at a login. */
  readonly argv: readonly string[] | undefined;
  /** A worker to boot in; undefined: one is started. */
  readonly prepared: Prepared | undefined;
  /** Said on the terminal before the program starts. */
  readonly greeting?: string;
}

/**
 * Whether the program gets a terminal: as the flags say, else if standard input and output both
 * are one. @throws UsageError when that cannot go together with JSON
 */
function wantsTerminal({ tty, json }: RunFlags): boolean {
  if (json === true && tty === true) {
    throw new UsageError("--tty and --json exclude each other: JSON has the two outputs apart");
  }
  if (json === true) return false;
  return tty ?? (process.stdin.isTTY === true && process.stdout.isTTY === true);
}

/** Runs one program to its end. @returns the exit code */
export async function runSession(options: SessionOptions): Promise<number> {
  const { flags, prepared } = options;
  const isTerminal = wantsTerminal(flags);
  // Limits of the program are given at its start; of those on numbers the system's own default is
  // a bound too, so that it is raised with them.
  const { processes, files, translationBytes } = flags.limit;
  const limits = {
    ...(processes && { processes }),
    ...(files && { files }),
    ...(translationBytes && { translationBytes }),
  };
  const system = await boot({
    image: flags.image,
    structure: flags.structure,
    memoryBytes: flags.memory,
    clock: flags.clock,
    mounts: flags.mount,
    limits,
    ...(prepared === undefined ? {} : { prepared }),
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    trace: flags.strace === true,
    profile: flags.profile !== undefined,
    ...(flags.printer === undefined ? {} : { printer: flags.printer }),
    report: (line, isDetail) => {
      if (!isDetail || flags.verbose === true) say(line);
    },
  });
  const traced =
    flags.strace === true
      ? pumpOutput(system.trace, process.stderr).catch(() => undefined)
      : undefined;
  try {
    const run = isTerminal ? runOnTerminal : flags.json === true ? runForJson : runOverStreams;
    return await run(system, options);
  } finally {
    await system.shutdown();
    await traced;
  }
}

function startOptions({ flags }: SessionOptions): StartOptions {
  const { translationBytes: _, ...limits } = flags.limit;
  return {
    env: Object.fromEntries(flags.env),
    user: flags.user,
    limits,
    ...(flags.workdir === undefined ? {} : { workdir: flags.workdir }),
    ...(flags.timeout === undefined ? {} : { timeoutMs: flags.timeout }),
  };
}

/** The program and its arguments; else the shell that the image's /etc/passwd has for the user. */
async function argvOf(system: System, { argv, flags }: SessionOptions): Promise<readonly string[]> {
  if (argv !== undefined) return argv;
  const text = await system.files.read("/etc/passwd").catch(() => new Uint8Array(0));
  const [user = ""] = flags.user.split(":");
  const entry = new TextDecoder()
    .decode(text)
    .split("\n")
    .map((line) => line.split(":"))
    .find(([name, , number]) => name === user || number === user);
  const shell = entry?.[6] ?? "";
  const isShell = shell !== "" && !/\/(nologin|false|sync)$/.test(shell);
  return [isShell ? shell : "/bin/sh", "-l"];
}

async function runOnTerminal(system: System, options: SessionOptions): Promise<number> {
  const terminal = new Terminal();
  const base = startOptions(options);
  const program = await system.start(await argvOf(system, options), {
    ...base,
    env: { TERM: process.env.TERM ?? "linux", ...base.env },
    terminal: terminal.window,
  });
  if (options.greeting !== undefined) process.stderr.write(`${options.greeting}\n`);
  const output = pumpOutput(program.stdout, process.stdout).catch(() => program.kill("SIGHUP"));
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
    const result = await program.result;
    await saveProfile(system, options);
    await system.shutdown();
    await output;
    return conclude(options, result);
  } catch (error) {
    if (hasHungUp) return EXIT_SIGNAL_BASE + SIGHUP;
    throw error;
  } finally {
    terminal.close();
  }
}

/** Starts a program over streams and feeds it. */
async function startOverStreams(
  system: System,
  options: SessionOptions,
  further: StartOptions = {},
): Promise<{ program: Program; release(): void }> {
  // Under the virtual clock input must not come at a time of the host's.
  const isReadFirst = options.flags.clock === "virtual" && process.stdin.isTTY !== true;
  const stdin = isReadFirst ? { stdin: await readAllInput() } : {};
  const given = { ...startOptions(options), ...stdin, ...further };
  const program = await system.start(await argvOf(system, options), given);
  const restore = forwardSignals(program);
  const input = isReadFirst ? undefined : pumpInput(program.stdin);
  return {
    program,
    release: () => {
      input?.stop();
      restore();
    },
  };
}

async function runOverStreams(system: System, options: SessionOptions): Promise<number> {
  const { program, release } = await startOverStreams(system, options);
  // A reader that left: its stream is cancelled, and who writes to it in the guest learns of it.
  const pumps = [
    pumpOutput(program.stdout, process.stdout).catch(() => undefined),
    pumpOutput(program.stderr, process.stderr).catch(() => undefined),
  ];
  try {
    const result = await program.result;
    await Promise.all(pumps);
    await saveProfile(system, options);
    return conclude(options, result);
  } finally {
    release();
  }
}

async function runForJson(system: System, options: SessionOptions): Promise<number> {
  const { program, release } = await startOverStreams(system, options, {
    maxOutputBytes: options.flags.maxOutput ?? OUTPUT_BYTES_KEPT,
  });
  const pumps = [pumpOutput(program.stdout, undefined), pumpOutput(program.stderr, undefined)];
  try {
    const result = await program.result;
    await Promise.all(pumps);
    await saveProfile(system, options);
    await printResult(result);
    return exitCodeOf(result);
  } finally {
    release();
  }
}

async function saveProfile(system: System, { flags, argv }: SessionOptions): Promise<void> {
  if (flags.profile === undefined) return;
  const name = argv?.join(" ") ?? "shell";
  await writeProfile(await system.profile(), flags.profile, name, flags.json === true);
}

/** Says what the program itself could not. */
function conclude({ flags, argv = ["the shell"] }: SessionOptions, result: RunResult): number {
  if (result.errno !== undefined) {
    const what = result.exitCode === EXIT_NOT_FOUND ? "not found" : "cannot be executed";
    say(`${argv[0]}: ${what} (${result.errno})`);
  }
  if (result.limit !== undefined) say(`ended: limit ${result.limit} reached`);
  if (flags.verbose === true) {
    const { milliseconds, instructions, memoryBytesMax, systemCalls } = result.usage;
    // Under the virtual clock two runs say the same, so nothing of the host's time.
    const after = flags.clock === "virtual" ? "" : ` after ${Math.round(milliseconds)} ms`;
    say(`ended by ${endOf(result)}${after}`);
    say(`instructions: ${instructions}`);
    say(`memory: ${memoryBytesMax} bytes at most; system calls: ${systemCalls}`);
  }
  return exitCodeOf(result);
}
