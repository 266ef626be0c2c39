/**
 * How many million guest instructions per second the interpreter executes: an integer loop, then
 * the programs of benchmarks/cpu. Instructions and time are those of the whole run, warm-up
 * included.
 *
 * `npx tsx benchmarks/mips.ts [name…]`; needs riscv64-linux-gnu-gcc.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { enableEngineFeatures } from "../src/host/node/engine.js";
import { UserProgram } from "../tests/isa/user.js";

/** What the programs get as size, so that each runs for a second or two. */
const sizes: Readonly<Record<string, number>> = {
  loop: 100_000_000,
  mix: 10,
  sha: 4,
  mem: 1,
  nbody: 100_000,
  call: 30,
  interp: 1,
};

const loopSource = `#define N 1
#include "common.h"
u64 run(int n){u64 s=0;for(u64 i=0;i<n;i++){s+=i^(s>>3);}return s;}
`;

export interface MipsRow {
  readonly name: string;
  readonly instructions: number;
  readonly seconds: number;
  readonly mips: number;
}

function compile(name: string, folder: string): string {
  const sources = join(fileURLToPath(import.meta.url), "..", "cpu");
  const output = join(folder, name);
  let source = join(sources, `${name}.c`);
  if (name === "loop") {
    source = join(folder, "loop.c");
    writeFileSync(source, loopSource);
  }
  const args = ["-O2", "-w", "-static", `-I${sources}`, "-o", output, source, "-lm"];
  const result = spawnSync("riscv64-linux-gnu-gcc", args, { encoding: "utf8" });
  if (result.error !== undefined) throw new Error("needs gcc-riscv64-linux-gnu");
  if (result.status !== 0) throw new Error(result.stderr);
  return output;
}

/** Runs one program with its size. */
export function measure(name: string, folder: string): MipsRow {
  const program = new UserProgram();
  program.load(readFileSync(compile(name, folder)), [name, String(sizes[name]), "1"]);
  const start = performance.now();
  const result = program.run();
  const seconds = (performance.now() - start) / 1000;
  if (result.status !== 0) throw new Error(`${name} failed: ${JSON.stringify(result.trap)}`);
  const { instructions } = result;
  return { name, instructions, seconds, mips: instructions / seconds / 1e6 };
}

/** All programs, or those named. */
export function measureAll(names: readonly string[] = Object.keys(sizes)): MipsRow[] {
  const folder = mkdtempSync(join(tmpdir(), "mips-"));
  try {
    return names.map((name) => measure(name, folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  enableEngineFeatures();
  const wanted = process.argv.slice(2);
  for (const row of measureAll(wanted.length > 0 ? wanted : undefined)) {
    const instructions = (row.instructions / 1e6).toFixed(0).padStart(6);
    const rate = row.mips.toFixed(0).padStart(5);
    console.log(`${row.name.padEnd(8)} ${instructions} M instructions  ${rate} MIPS`);
  }
}
