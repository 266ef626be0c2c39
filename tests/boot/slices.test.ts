/**
 * A run ends with its budget, also where a program spends nearly all of it in the kernel: else one
 * run would last as long as the program likes, and the clock would not be sampled.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { structures } from "../syscalls/sixfold.js";
import { bootOptions, program, skip } from "./programs.js";
import { prepare, startProgram } from "./system.js";

const budgetInstructions = 200_000;
/** What one call of 64 KiB and what surrounds it may add to a budget that is nearly spent. */
const excessInstructions = 100_000;

describe("budgets", { skip }, () => {
  for (const structure of structures) {
    test(`a loop of writes keeps to the budget of each run on ${structure}`, async () => {
      const options = bootOptions(structure, await program("programs/writes"));
      const prepared = prepare(options);
      const { system } = prepared;
      const process = startProgram(prepared, options.argv, options.environment ?? []);
      let runs = 0;
      for (; system.takeResult(process) === undefined; runs++) {
        const before = system.instructions;
        assert.ok(!system.run(budgetInstructions).idle || runs > 0, "it waits for ever");
        const spent = system.instructions - before;
        assert.ok(spent <= budgetInstructions + excessInstructions, `run ${runs}: ${spent}`);
      }
      assert.ok(runs > 20, `${runs} runs`);
    });
  }
});
