/**
 * Random code, entered anywhere, changed by itself and by another process while it runs (code.c).
 * It may come to any end of its own; the system stays whole. Every second system translates all
 * code at once. SIXFOLD_SEED repeats a run.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { boot, program, skip } from "../boot/programs.js";
import { structures } from "../syscalls/sixfold.js";
import { checkInvariants } from "./invariants.js";

const isLong = process.env.SIXFOLD_TEST_LONG === "1";
const seedFirst = Number(process.env.SIXFOLD_SEED ?? Date.now() % 2 ** 31);
const rounds = isLong ? 2_000 : 40;
const systems = isLong ? 10 : 2;
const limitInstructions = 1_000_000_000_000;

describe("random code", { skip }, () => {
  for (const structure of structures) {
    test(`on ${structure}`, async (context) => {
      context.diagnostic(`SIXFOLD_SEED=${seedFirst}`);
      const elf = await program("fuzz/code");
      for (let i = 0; i < systems; i++) {
        const seed = (seedFirst + i) % 2 ** 31;
        const args = [String(seed), String(rounds)];
        const translator = seed % 2 === 0 ? "hot" : "all";
        const run = boot(structure, elf, args, { seed, limitInstructions, translator });
        const what = `SIXFOLD_SEED=${seed}`;
        assert.deepEqual([run.hang, ...run.reports], [null], what);
        assert.equal(run.stdout, `${rounds} rounds\n`, what);
        assert.deepEqual(checkInvariants(run.system.stateTree()), [], what);
      }
    });
  }
});
