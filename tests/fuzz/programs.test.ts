/**
 * Damaged programs: changes to headers, dynamic sections and code of real ones, cut off ones,
 * noise, scripts (programs.c). Each is refused, killed, or ends; the system stays whole.
 * SIXFOLD_SEED repeats a run; SIXFOLD_TEST_SYSTEMS says how many systems each structure gets.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { boot, program, skip } from "../boot/programs.js";
import { compileRiscv, findTools } from "../syscalls/harness.js";
import { structures } from "../syscalls/sixfold.js";
import { checkInvariants } from "./invariants.js";

const here = dirname(fileURLToPath(import.meta.url));
const isLong = process.env.SIXFOLD_TEST_LONG === "1";
const seedFirst = Number(process.env.SIXFOLD_SEED ?? Date.now() % 2 ** 31);
/** In one system, and how many systems of each structure. */
const programs = isLong ? 5_000 : 300;
const runs = Number(process.env.SIXFOLD_TEST_SYSTEMS ?? (isLong ? 20 : 1));
const limitInstructions = 1_000_000_000_000;

async function bases(): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for (const [name, linking] of [
    ["small", "bare"],
    ["hello", "static"],
  ] as const) {
    const path = await compileRiscv(findTools(), join(here, `${name}.c`), linking);
    if (path !== null) found.set(`/mnt/${name}`, readFileSync(path));
  }
  return found;
}

describe("damaged programs of every kind", { skip }, () => {
  for (const structure of structures) {
    test(`on ${structure}`, async (context) => {
      context.diagnostic(`SIXFOLD_SEED=${seedFirst}`);
      const elf = await program("fuzz/programs");
      const files = await bases();
      for (let i = 0; i < runs; i++) {
        const seed = (seedFirst + i) % 2 ** 31;
        const args = [String(seed), String(programs), ...files.keys()];
        const all = new Map([...files, ["/mnt/test", elf]]);
        const run = boot(structure, elf, args, { files: all, seed, limitInstructions });
        const what = `SIXFOLD_SEED=${seed}`;
        assert.deepEqual([run.hang, ...run.reports], [null], what);
        const kinds = "some refused: 1, some killed: 1, some run: 1, lost: 0";
        assert.equal(run.stdout, `${programs} of ${programs}; ${kinds}\n`, what);
        assert.deepEqual(checkInvariants(run.system.stateTree()), [], what);
      }
    });
  }
});
