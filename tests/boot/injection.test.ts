/**
 * Must show 4 of the first issue: a forced BLOCKED wherever a call may block, and a spurious
 * wake-up at every park, change neither output nor state; each row that can block was tried, at a
 * place of a service that would really wait. And the same over ports that copy every message
 * through fresh memory. `SIXFOLD_SYSCALLS` chooses programs, as for tests/syscalls.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SYSTEM_CALLS } from "../../src/syscalls/table.js";
import { choose, comparable, findPrograms, outcomeOf } from "../syscalls/harness.js";
import { structures } from "../syscalls/sixfold.js";
import { boot, program, skip } from "./programs.js";
import type { Booted } from "./system.js";

/** The console's drain has no oracle: only this test runs it. */
const programs = [
  ...choose(findPrograms()).map(({ name }) => `syscalls/${name}`),
  "programs/drain",
];
/** Rows that could park only where these programs do not go: on output that the host leaves. */
const neverParked = ["ioctl"];
/** With a choice of programs, the rows of the others are not tried. */
const partial: string | false =
  process.env.SIXFOLD_SYSCALLS === undefined ? false : "not all programs run";
/** What each program shows without any change, by structure and name. */
const usually = new Map<string, string>();
const shown = (run: Booted): string => run.hang ?? comparable(outcomeOf(run));

for (const structure of structures) {
  describe(`injection on ${structure}`, { skip }, () => {
    const tried = new Map<number, { forced: number; spurious: number }>();

    for (const name of programs) {
      test(name, async () => {
        const elf = await program(name);
        const usual = boot(structure, elf);
        assert.equal(usual.hang, null);
        usually.set(`${structure} ${name}`, shown(usual));
        const injected = boot(structure, elf, [], { injection: true });
        for (const [row, counts] of injected.system.injectionCounts) {
          const all = tried.get(row) ?? { forced: 0, spurious: 0 };
          all.forced += counts.forced;
          all.spurious += counts.spurious;
          tried.set(row, all);
        }
        assert.equal(shown(injected), shown(usual));
        assert.equal(injected.system.stateHash(), usual.system.stateHash(), "another state");
      });
    }

    const blocking = SYSTEM_CALLS.filter(({ canBlock }) => canBlock);
    const namesWithout = (kind: "forced" | "spurious", rows: typeof blocking): string[] =>
      rows.filter(({ number }) => !tried.get(number)?.[kind]).map(({ name }) => name);

    test("BLOCKED was forced for every row that can block", { skip: partial }, () => {
      assert.ok(blocking.length > 15);
      assert.deepEqual(namesWithout("forced", blocking), []);
    });

    test("a spurious wake-up came at every park", { skip: partial }, () => {
      const parks = blocking.filter(({ name }) => !neverParked.includes(name));
      assert.deepEqual(namesWithout("spurious", parks), []);
    });
  });
}

describe("ports that copy every message through fresh memory", { skip }, () => {
  for (const name of programs) {
    test(name, async () => {
      const elf = await program(name);
      const copying = boot("microkernel", elf, [], { copyingPorts: true });
      assert.equal(copying.hang, null);
      assert.equal(shown(copying), usually.get(`microkernel ${name}`));
    });
  }
});
