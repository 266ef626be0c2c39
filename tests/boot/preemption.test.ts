/**
 * Other places of preemption, the same results: the tests of threads, futexes, pipes and signals
 * under the virtual clock, with 20 seeds that say where slices end (each after a random number of
 * instructions up to `preemptionInstructions`), on both structures.
 *
 * `npm run test:long` runs every program with every seed, `npm test` each with a fifth of them.
 * `SIXFOLD_SEED=N` begins at another seed.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { comparable, findPrograms, outcomeOf } from "../syscalls/harness.js";
import { structures } from "../syscalls/sixfold.js";
import { boot, program, skip } from "./programs.js";

const folders = [
  "clone",
  "fifo",
  "futex",
  "kill",
  "membarrier",
  "pipe",
  "poll",
  "process_group",
  "restart",
  "robust_list",
  "sigaction",
  "sigaltstack",
  "sigchld",
  "signal_threads",
  "sigprocmask",
  "sigqueue",
  "sigreturn",
  "sigsuspend",
  "stress",
  "tgkill",
  "vfork",
  "wait4",
  "waitid",
];
const firstSeed = Number(process.env.SIXFOLD_SEED ?? 1);
const seeds = Array.from({ length: 20 }, (_, index) => firstSeed + index);
/** Of the seeds, every so many-eth is a program's turn. */
const share = process.env.SIXFOLD_TEST_LONG === "1" ? 1 : 5;
/** From one that cuts every loop to pieces to one that is seldom felt. */
const spans = [300, 2_000, 15_000, 100_000];

const programs = findPrograms().filter(({ name }) => folders.includes(name.split("/")[0] ?? ""));

describe("preemption by seeds", { skip }, () => {
  console.log(`# seeds ${seeds[0]} to ${seeds[seeds.length - 1]}, ${programs.length} programs`);

  for (const [index, { name }] of programs.entries()) {
    test(name, async () => {
      const elf = await program(`syscalls/${name}`);
      const usual = boot("monolithic", elf);
      assert.equal(usual.hang, null);
      for (const seed of seeds.filter((each) => (each + index) % share === 0)) {
        const structure =
          structures[Math.floor(seed / spans.length) % structures.length] ?? "monolithic";
        const preemptionInstructions = spans[seed % spans.length] ?? 0;
        const run = boot(structure, elf, [], { seed, preemptionInstructions });
        const which = `seed ${seed}, ${structure}, slices up to ${preemptionInstructions}`;
        assert.equal(run.hang ?? comparable(outcomeOf(run)), comparable(outcomeOf(usual)), which);
      }
    });
  }
});
