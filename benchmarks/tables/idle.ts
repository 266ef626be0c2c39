/** What calls cost beside many sleeping processes, and beside few, in each structure. */

import { structures } from "../places.js";
import { Built, measurementsIn, type Program, systemCalls } from "../programs.js";
import { runJob } from "../sixfold.js";
import { median, short, table, withUnit } from "../statistics.js";
import { type Options, printHead, type Table } from "./context.js";

const FEW = 10;
const MANY = 5000;
const LIMIT_MS = 120_000;
const INIT: Program = { name: "init", sources: ["../tests/syscalls/tools/init"], line: "" };
const IDLE: Program = { name: "idle", sources: ["micro/idle"], line: "" };
const measured: readonly string[] = ["b_null", "b_openclose", "b_pipert"];

interface Values {
  readonly unit: string;
  readonly few: number[];
  readonly many: number[];
}

/** One program beside `count` idle processes, in a fresh system. */
function runOnce(built: Built, structure: string, name: string, count: number, options: Options) {
  const files = built.files("riscv64");
  const guest = [...files].map(([file, path]) => [`/mnt/${file}`, path] as const);
  const result = runJob({
    structure,
    initPath: files.get("init") ?? "",
    files: new Map(guest),
    argv: ["/mnt/idle", String(count), `/mnt/${name}`],
    environment: [`BENCH_MS=${options.repetitionMs}`, "BENCH_REPS=3", "BENCH_DIR=/tmp"],
    limitMs: LIMIT_MS,
  });
  if (result.exitCode !== 0) console.error(`${structure}: ${name}: ${result.problem}`);
  return measurementsIn(result.stdout, options.isBest);
}

function measureOne(built: Built, structure: string, name: string, options: Options) {
  const found = new Map<string, Values>();
  // The first run is V8's warm-up: it would count for the few alone.
  runOnce(built, structure, name, FEW, options);
  for (let round = 0; round < options.rounds; round++) {
    for (const count of [FEW, MANY]) {
      for (const one of runOnce(built, structure, name, count, options)) {
        const values = found.get(one.name) ?? { unit: one.unit, few: [], many: [] };
        found.set(one.name, values);
        (count === FEW ? values.few : values.many)[round] = one.value;
      }
    }
  }
  return found;
}

async function print(options: Options): Promise<void> {
  const programs = systemCalls.filter(({ name }) => measured.includes(name));
  const built = new Built([...programs, INIT, IDLE]);
  try {
    const rows: string[][] = [];
    for (const structure of structures) {
      for (const { name } of programs) {
        for (const [what, { unit, few, many }] of measureOne(built, structure, name, options)) {
          const times = median(many.map((value, round) => value / (few[round] ?? Number.NaN)));
          const texts = [few, many].map((values) => withUnit(median(values), unit));
          rows.push([`${what}, ${structure}`, ...texts, short(times)]);
        }
      }
    }
    printHead("idle", options);
    console.log(table([["beside idle processes", String(FEW), String(MANY), "×"], ...rows]));
  } finally {
    built.remove();
  }
}

export const idleTable: Table = {
  name: "idle",
  about: `What calls cost beside ${MANY} sleeping processes and beside ${FEW}`,
  print,
};
