/**
 * Where a benchmark program can run: on the host, under qemu-user, on Sixfold in each structure. A
 * runner gives back what the program printed, or undefined with a note on stderr when it cannot
 * run.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { runJob } from "./sixfold.js";

const structures = ["monolithic", "microkernel"] as const;
const programDirectory = "/mnt";

/** A run may take this long; a program that needs more counts as not run. */
const limitMs = 120_000;
const oracle = "/usr/bin/qemu-riscv64-static";

export interface Lengths {
  /** How long a repetition of a `micro` program lasts. */
  readonly repetitionMs: number;
}

/** A program built for both machines, and what it executes, if anything. */
export interface Built {
  readonly native: string;
  readonly riscv64: string;
  readonly args: readonly string[];
  readonly companions: readonly string[];
  readonly isLong: boolean;
  /** Process 1 of Sixfold, for riscv64. */
  readonly init: string;
}

export interface Runner {
  readonly name: string;
  run(built: Built, lengths: Lengths): Promise<string | undefined>;
}

function variables(built: Built, lengths: Lengths, scratch: string): Record<string, string> {
  const repetitions = built.isLong ? "1" : "3";
  return { BENCH_MS: String(lengths.repetitionMs), BENCH_REPS: repetitions, BENCH_DIR: scratch };
}

function note(runner: string, program: string, text: string): undefined {
  console.error(`${runner}: ${basename(program)}: ${text.trim().split("\n").at(-1)}`);
  return undefined;
}

function onHost(built: Built, lengths: Lengths, command: readonly string[], self: string) {
  const name = self === "" ? "native" : "qemu-user";
  const [program = "", ...args] = command;
  const scratch = existsSync("/dev/shm") ? "/dev/shm" : "/tmp";
  const env = { ...process.env, ...variables(built, lengths, scratch), BENCH_SELF: self };
  const cwd = dirname(command.find((word) => !word.startsWith("/usr/")) ?? "/");
  const result = spawnSync(program, args, { env, cwd, encoding: "utf8", timeout: limitMs });
  if (result.status === 0) return result.stdout;
  return note(name, program, result.stderr || String(result.error ?? result.signal));
}

const native: Runner = {
  name: "native",
  run: async (built, lengths) => onHost(built, lengths, [built.native, ...built.args], ""),
};

const qemu: Runner = {
  name: "qemu-user",
  run: async (built, lengths) =>
    onHost(built, lengths, [oracle, built.riscv64, ...built.args], oracle),
};

function sixfold(structure: string): Runner {
  const run = async (built: Built, lengths: Lengths) => {
    const guest = (file: string) => `${programDirectory}/${basename(file)}`;
    const args = built.args.map((arg) => arg.replace(/^\.\//, `${programDirectory}/`));
    const hostFiles = [built.riscv64, ...built.companions];
    const result = runJob({
      structure,
      initPath: built.init,
      files: new Map(hostFiles.map((file) => [guest(file), file])),
      argv: [guest(built.riscv64), ...args],
      environment: Object.entries(variables(built, lengths, "/tmp")).map((pair) => pair.join("=")),
      limitMs,
    });
    if (result.exitCode === 0) return result.stdout;
    return note(structure, built.riscv64, result.problem || `exit ${result.exitCode}`);
  };
  return { name: structure, run };
}

/** The runners in the order in which a round visits them. */
export const runners: readonly Runner[] = [native, qemu, ...structures.map(sixfold)];

/** Only Sixfold's. */
export const sixfoldRunners: readonly Runner[] = runners.slice(2);

/** The path of a built program for `machine` in the folder `output`. */
export function builtPath(output: string, machine: "native" | "riscv64", name: string): string {
  return join(output, machine, name);
}
