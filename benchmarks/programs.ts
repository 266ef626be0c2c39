/**
 * The benchmark programs: what there is, how each is built, how it is called, and what it prints.
 * Layers: `programs` (the list) → `compile` → `measurementsIn` (its output).
 */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));

export interface Program {
  readonly name: string;
  /** The C file, relative to benchmarks/. */
  readonly source: string;
  readonly args: readonly string[];
  /** Another program of the list that it executes, found beside it. */
  readonly companion?: string;
  /** One repetition only: it takes an interpreter many seconds. */
  readonly isLong?: boolean;
}

const micro = (name: string, args: readonly string[] = []): Program => ({
  name,
  source: `micro/${name}.c`,
  args,
});

/** Sizes at which an interpreter of 200 MIPS needs about a second. */
const cpu = (name: string, size: number): Program => ({
  name,
  source: `cpu/${name}.c`,
  args: [String(size), "1"],
});

export const programs: readonly Program[] = [
  micro("b_null"),
  micro("b_read1"),
  micro("b_openclose"),
  micro("b_stat"),
  micro("b_pipert"),
  micro("b_pipebw"),
  micro("b_fork"),
  { ...micro("b_exec", ["./tiny"]), companion: "tiny" },
  micro("b_mmap"),
  micro("b_signal"),
  micro("b_create"),
  micro("b_filebw"),
  { ...micro("b_intloop"), isLong: true },
  { ...micro("b_sha256"), isLong: true },
  { ...micro("b_fib"), isLong: true },
  { ...micro("b_nbody"), isLong: true },
  cpu("mix", 10),
  cpu("sha", 4),
  cpu("mem", 1),
  cpu("nbody", 100_000),
  cpu("call", 30),
  cpu("interp", 1),
];

/** What is measured beside many sleeping processes. */
export const besideIdle: readonly string[] = ["b_null", "b_openclose", "b_pipert"];

export interface Measurement {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
}

/**
 * Compiles benchmarks/`source` with `compiler` to `output` (static, -O2, as the peers were
 * measured).
 * @throws Error with the compiler's text, or naming the package that is missing
 */
export function compile(compiler: string, source: string, output: string): void {
  mkdirSync(dirname(output), { recursive: true });
  const args = ["-O2", "-w", "-static", "-o", output, join(folder, source), "-lm"];
  const result = spawnSync(compiler, args, { encoding: "utf8" });
  if (result.error !== undefined) throw new Error(`needs ${compiler}`);
  if (result.status !== 0) throw new Error(result.stderr);
}

/** Every measurement in what `program` printed: `micro` in JSON lines, `cpu` in microseconds. */
export function measurementsIn(program: Program, output: string): Measurement[] {
  const lines = output.split("\n").map((line) => line.trim());
  if (program.source.startsWith("cpu/")) {
    const times = lines.flatMap((line) => {
      const match = /^[0-9a-f]{16} (\d+) us$/.exec(line);
      return match === null ? [] : [Number(match[1]) / 1000];
    });
    const best = Math.min(...times);
    return times.length === 0 ? [] : [{ name: `cpu ${program.name}`, unit: "ms", value: best }];
  }
  return lines
    .filter((line) => line.startsWith('{"bench":'))
    .map((line) => JSON.parse(line) as { bench: string; unit: string; med: number })
    .map(({ bench, unit, med }) => ({ name: bench, unit, value: med }));
}
