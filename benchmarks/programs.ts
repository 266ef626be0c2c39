/**
 * The benchmark programs: what there is, how each is called in a shell, how it is built, and what
 * it prints. Layers: the lists → `Built` (compilers) → `measurementsIn` (output).
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { NotHere } from "./peers/cache.js";

const folder = dirname(fileURLToPath(import.meta.url));

export type Architecture = "native" | "riscv64" | "i386" | "wasm32";

export interface Program {
  readonly name: string;
  /** What is compiled of benchmarks/: C files without their ending. */
  readonly sources: readonly string[];
  /** A line of shell; $Q is the folder of programs, $BB busybox, $BENCH_DIR a folder in memory. */
  readonly line: string;
  /** What has to be there first; runs once in a place. */
  readonly preparation?: string;
}

const micro = (name: string, args = "", also: readonly string[] = []): Program => ({
  name: name + args.replace(/\W/g, ""),
  sources: [`micro/${name}`, ...also],
  line: `$Q/${name}${args}`,
});

/** System calls, as the peers were measured before the first line. */
export const systemCalls: readonly Program[] = [
  micro("b_null"),
  micro("b_read1"),
  micro("b_openclose"),
  micro("b_stat"),
  micro("b_pipert"),
  micro("b_pipebw"),
  micro("b_fork"),
  { ...micro("b_exec", " $Q/tiny", ["micro/tiny"]), name: "b_exec" },
  micro("b_mmap"),
  micro("b_signal"),
  micro("b_create"),
  micro("b_filebw"),
  micro("b_filebw", " 4"),
];

/** CPU loops with times of their own. */
export const loops: readonly Program[] = [
  micro("b_intloop"),
  micro("b_sha256"),
  micro("b_fib"),
  micro("b_nbody"),
];

/**
 * benchmarks/cpu: name and size. A repetition takes 0.1 to 0.4 s natively: long beside what a busy
 * machine takes away at a time.
 */
export const cpuSizes: readonly (readonly [string, number])[] = [
  ["mix", 64],
  ["sha", 64],
  ["mem", 1],
  ["nbody", 400_000],
  ["call", 33],
  ["interp", 8],
];

/** A CPU program that repeats its work, to find its steady state. */
export function cpuProgram(name: string, size: number, repetitions: number): Program {
  return { name, sources: [`cpu/${name}`], line: `$Q/${name} ${size} ${repetitions}` };
}

const timed = (name: string, command: string): Program => ({
  name,
  sources: ["micro/timeit", "micro/gentext"],
  line: `$Q/timeit ${name} 1 $BB sh -c '${command}'`,
});

const TEXT = "[ -e $BENCH_DIR/text ] || $Q/gentext 16777216 > $BENCH_DIR/text";

export const shellWork: readonly Program[] = [
  timed("ash_loop_20000", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"),
  timed("busybox_true_200", "i=0; while [ $i -lt 200 ]; do $BB true; i=$((i+1)); done"),
  timed("seq_sort_md5sum", "$BB seq 200000 | $BB sort -n | $BB md5sum >/dev/null"),
  { ...timed("gzip_16MiB", "$BB gzip -c $BENCH_DIR/text >/dev/null"), preparation: TEXT },
];

export interface Measurement {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
}

const compilers: Readonly<Record<Architecture, string>> = Object.freeze({
  native: "gcc",
  riscv64: "riscv64-linux-gnu-gcc",
  i386: "i686-linux-gnu-gcc",
  wasm32: "clang",
});
const packageOf: Readonly<Record<Architecture, string>> = Object.freeze({
  native: "gcc",
  riscv64: "gcc-riscv64-linux-gnu",
  i386: "gcc-i686-linux-gnu libc6-dev-i386-cross",
  wasm32: "clang lld wasi-libc libclang-rt-14-dev-wasm32",
});

/**
 * Runs a compiler on benchmarks/`source`.
 * @throws NotHere naming the package that is missing; Error with the compiler's text
 */
export function compile(
  compiler: string,
  args: readonly string[],
  source: string,
  output: string,
  packages: string,
): void {
  mkdirSync(dirname(output), { recursive: true });
  const all = [...args, "-O2", "-w", "-o", output, join(folder, source), "-lm"];
  const result = spawnSync(compiler, all, { encoding: "utf8" });
  if (result.error !== undefined) throw new NotHere(`needs ${compiler} (apt install ${packages})`);
  if (result.status !== 0) throw new Error(`${compiler} ${source}: ${result.stderr}`);
}

/** A command that runs a WebAssembly program. */
function writeWrapper(path: string, program: string): void {
  const command = [process.execPath, "--no-warnings", join(folder, "wasm.mjs"), program];
  const words = command.map((word) => `'${word}'`).join(" ");
  writeFileSync(path, `#!/bin/sh\nexec ${words} "$@"\n`);
  chmodSync(path, 0o755);
}

/** Programs, compiled when they are asked for; deleted by `remove`. */
export class Built {
  private readonly output = mkdtempSync(join(tmpdir(), "sixfold-bench-"));

  constructor(private readonly programs: readonly Program[]) {}

  /** All programs of an architecture by name. @throws NotHere without its compiler */
  files(architecture: Architecture): ReadonlyMap<string, string> {
    const sources = new Set(this.programs.flatMap((program) => program.sources));
    const names = [...sources].map((source) => [source.split("/").at(-1) ?? "", source] as const);
    return new Map(names.map(([name, source]) => [name, this.file(architecture, name, source)]));
  }

  /** The folder of all of them. */
  folder(architecture: Architecture): string {
    this.files(architecture);
    return join(this.output, architecture);
  }

  remove(): void {
    rmSync(this.output, { recursive: true, force: true });
  }

  private file(architecture: Architecture, name: string, source: string): string {
    const path = join(this.output, architecture, name);
    if (existsSync(path)) return path;
    const compiler = compilers[architecture];
    const packages = packageOf[architecture];
    if (architecture === "wasm32") {
      compile(compiler, ["--target=wasm32-wasi"], `${source}.c`, `${path}.wasm`, packages);
      writeWrapper(path, `${path}.wasm`);
    } else compile(compiler, ["-static"], `${source}.c`, path, packages);
    return path;
  }
}

/** The times of the repetitions of a CPU program, in milliseconds. */
export function repetitionsIn(output: string): number[] {
  return output.split("\n").flatMap((line) => {
    const match = /^[0-9a-f]{16} (\d+) us$/.exec(line.trim());
    return match === null ? [] : [Number(match[1]) / 1000];
  });
}

/** A line that `micro` prints (bench.h). */
interface Printed {
  readonly bench: string;
  readonly unit: string;
  readonly med: number;
  readonly reps: readonly number[];
}

/** The fastest of several values of a unit. */
export function bestOf(values: readonly number[], unit: string): number {
  return unit.endsWith("/s") ? Math.max(...values) : Math.min(...values);
}

/**
 * Every measurement in JSON lines, as `micro` prints them: the median of its repetitions, or the
 * one that was disturbed least.
 */
export function measurementsIn(output: string, isBest: boolean): Measurement[] {
  return output
    .split("\n")
    .map((line) => line.slice(Math.max(0, line.indexOf('{"bench":'))).trim())
    .filter((line) => line.startsWith('{"bench":'))
    .map((line) => JSON.parse(line) as Printed)
    .map(({ bench, unit, med, reps }) => {
      return { name: bench, unit, value: isBest ? bestOf(reps, unit) : med };
    });
}
