/**
 * Control flow that leaves the translator's calls behind: see tests/programs/odd_control.c. What is
 * expected is arithmetic; the program prints the same natively, but for the code it writes.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { comparable, outcomeOf } from "../syscalls/harness.js";
import { structures } from "../syscalls/sixfold.js";
import { boot, program, skip } from "./programs.js";

const rounds = 100_000;
const pages = (64 << 20) / 4096;
const sum = (count: number, period: number) =>
  Array.from({ length: count }, (_, index) => index % period).reduce((a, b) => a + b, 0);

const expected = [
  "recursion 1000005",
  "longjmp 50",
  `siglongjmp ${rounds}`,
  `faults ${pages}, sum ${sum(pages, 256)}`,
  `code ${sum(rounds, 2048)}`,
  "exit status 0",
];

for (const structure of structures) {
  describe(`odd control flow on ${structure}`, { skip }, () => {
    test("recursion, jumps out of frames and handlers, repaired faults, new code", async () => {
      const elf = await program("programs/odd_control");
      const run = boot(structure, elf, [], { ramBytes: 512 << 20 });
      assert.equal(comparable(outcomeOf(run)), `${expected.join("\n")}\n`, run.reports.join("\n"));
    });
  });
}
