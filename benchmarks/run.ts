/**
 * `npm run bench`: every program of programs.ts in every runner of runners.ts, interleaved (a round
 * visits all runners before the next), as a table of medians and of medians of ratios; then what
 * calls cost beside idle processes, MIPS, and the cost of a call through a port.
 * Arguments: words that select programs, `--rounds N`, `--ms N`.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureAll } from "./mips.js";
import { portTable } from "./port.js";
import { besideIdle, compile, measurementsIn, type Program, programs } from "./programs.js";
import {
  type Built,
  builtPath,
  type Lengths,
  type Runner,
  runners,
  sixfoldRunners,
} from "./runners.js";
import { median, short, table, withUnit } from "./statistics.js";

const fewIdle = 10;
const manyIdle = 5000;

/** Values by measurement, then by runner, one for each round (NaN: could not run). */
type Results = Map<string, { unit: string; values: Map<string, number[]> }>;

function build(program: Program, output: string): Built {
  const names = [program.name, ...(program.companion === undefined ? [] : [program.companion])];
  for (const name of names) {
    const source = name === program.name ? program.source : `micro/${name}.c`;
    compile("gcc", source, builtPath(output, "native", name));
    compile("riscv64-linux-gnu-gcc", source, builtPath(output, "riscv64", name));
  }
  const init = builtPath(output, "riscv64", "init");
  if (!existsSync(init)) {
    compile("riscv64-linux-gnu-gcc", "../tests/syscalls/tools/init.c", init);
  }
  return {
    init,
    native: builtPath(output, "native", program.name),
    riscv64: builtPath(output, "riscv64", program.name),
    args: program.args,
    isLong: program.isLong ?? false,
    companions: names.slice(1).map((name) => builtPath(output, "riscv64", name)),
  };
}

async function measureRound(
  program: Program,
  built: Built,
  visited: readonly Runner[],
  lengths: Lengths,
  results: Results,
): Promise<void> {
  for (const runner of visited) {
    const output = await runner.run(built, lengths);
    for (const { name, unit, value } of measurementsIn(program, output ?? "")) {
      const entry = results.get(name) ?? { unit, values: new Map<string, number[]>() };
      results.set(name, entry);
      entry.values.set(runner.name, [...(entry.values.get(runner.name) ?? []), value]);
    }
  }
}

/** The median over rounds of `left` / `right`, as "how many times slower" (bandwidth: inverted). */
function ratio(
  entry: { unit: string; values: Map<string, number[]> },
  left: string,
  right: string,
) {
  const rights = entry.values.get(right) ?? [];
  const pairs = (entry.values.get(left) ?? []).map(
    (value, round) => value / (rights[round] ?? NaN),
  );
  return median(entry.unit.endsWith("/s") ? pairs.map((value) => 1 / value) : pairs);
}

function printComparison(results: Results): void {
  const names = runners.map((runner) => runner.name);
  const sixfold = sixfoldRunners.map((runner) => runner.name);
  const ratios = sixfold.flatMap((name) => [`${name} × native`, `${name} × qemu-user`]);
  const rows = [...results].map(([name, entry]) => [
    name,
    ...names.map((runner) => withUnit(median(entry.values.get(runner) ?? []), entry.unit)),
    ...sixfold.flatMap((own) => [
      short(ratio(entry, own, "native")),
      short(ratio(entry, own, "qemu-user")),
    ]),
  ]);
  console.log(`\n${table([["", ...names, ...ratios], ...rows])}`);
}

async function measureBesideIdle(output: string, rounds: number, lengths: Lengths): Promise<void> {
  compile("riscv64-linux-gnu-gcc", "micro/idle.c", builtPath(output, "riscv64", "idle"));
  const chosen = programs.filter((program) => besideIdle.includes(program.name));
  const rows: string[][] = [];
  for (const runner of sixfoldRunners) {
    for (const program of chosen) {
      const built = build(program, output);
      const idle = (count: number): Built => ({
        ...built,
        riscv64: builtPath(output, "riscv64", "idle"),
        args: [String(count), `./${program.name}`],
        companions: [built.riscv64],
      });
      const few: Results = new Map();
      const many: Results = new Map();
      // The first run is V8's warm-up: it would count for the few alone.
      await measureRound(program, idle(fewIdle), [runner], lengths, new Map());
      for (let round = 0; round < rounds; round++) {
        await measureRound(program, idle(fewIdle), [runner], lengths, few);
        await measureRound(program, idle(manyIdle), [runner], lengths, many);
      }
      for (const [name, entry] of few) {
        const low = entry.values.get(runner.name) ?? [];
        const high = many.get(name)?.values.get(runner.name) ?? [];
        const times = median(high.map((value, round) => value / (low[round] ?? Number.NaN)));
        const [fewText, manyText] = [median(low), median(high)].map((value) =>
          withUnit(value, entry.unit),
        );
        const cells = [fewText ?? "", manyText ?? "", short(times)];
        rows.push([`${name}, ${runner.name}`, ...cells]);
      }
    }
  }
  const head = ["beside idle processes", String(fewIdle), String(manyIdle), "×"];
  console.log(`\n${table([head, ...rows])}`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { rounds: { type: "string", default: "3" }, ms: { type: "string", default: "40" } },
    allowPositionals: true,
  });
  const lengths: Lengths = { repetitionMs: Number(values.ms) };
  const rounds = Number(values.rounds);
  const isWanted = (name: string) =>
    positionals.length === 0 || positionals.some((word) => name.includes(word));
  const output = mkdtempSync(join(tmpdir(), "sixfold-bench-"));
  try {
    const wanted = programs.filter((program) => isWanted(program.name));
    const built = wanted.map((program) => ({ program, built: build(program, output) }));
    const results: Results = new Map();
    for (let round = 0; round < rounds; round++) {
      for (const one of built) {
        console.error(`round ${round + 1} of ${rounds}: ${one.program.name}`);
        await measureRound(one.program, one.built, runners, lengths, results);
      }
    }
    if (results.size > 0) printComparison(results);
    if (isWanted("idle")) await measureBesideIdle(output, rounds, lengths);
    if (isWanted("port")) console.log(`\n${portTable()}`);
    if (isWanted("mips")) {
      const rows = measureAll().map(({ name, mips }) => [name, short(mips)]);
      console.log(`\n${table([["interpreter", "MIPS"], ...rows])}`);
    }
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

await main();
