/** Budgets: exact counts, and looked at only at preemption points (DESIGN 4.4). */

import assert from "node:assert/strict";
import { test } from "node:test";
import { CONTINUE, EXIT_BUDGET, EXIT_TRAP } from "../../src/machine/platform.js";
import { CODE, Rig, RX } from "./rig.js";

const NOP = ["addi", {}] as const;

/** [exit, instructions, pc offset] of a run. */
function outcome(rig: Rig, budget: number): number[] {
  const exit = rig.run(budget);
  return [exit, rig.machine.executedInstructions, rig.getPc() - CODE];
}

test("straight code and forward jumps are not preempted", () => {
  const rig = new Rig();
  rig.code([
    NOP,
    ["beq", { imm: 8 }],
    NOP,
    ["jal", { imm: 8 }],
    NOP,
    ["bne", { rs1: 0, rs2: 0, imm: -20 }],
    ["auipc", { rd: 6 }],
    ["jalr", { rs1: 6, imm: 8 }],
    ["ebreak"],
  ]);
  assert.deepEqual(outcome(rig, 1), [EXIT_TRAP, 6, 32]);
});

test("a taken backward branch or jump, also to itself, is a preemption point", () => {
  const shapes = [
    [["beq", { imm: -4 }]],
    [["jal", { imm: -4 }]],
    [["jal", { rd: 6, imm: -4 }]],
    [["jalr", { rs1: 8, imm: 0 }]],
    [["jalr", { rd: 6, rs1: 8, imm: 0 }]],
    [["c.j", { imm: -4 }]],
    [["c.beqz", { rs1: 9, imm: -4 }]],
    [["c.jr", { rs1: 8 }]],
  ] as const;
  for (const [line] of shapes) {
    for (const budget of [1, 2, 3, 4, 7]) {
      const rig = new Rig();
      rig.code([NOP, line]);
      rig.setX(8, CODE);
      const executed = budget + (budget % 2);
      assert.deepEqual(outcome(rig, budget), [EXIT_BUDGET, executed, 0], `${line[0]} ${budget}`);
    }
  }
  const self = new Rig();
  self.code([["jal", { imm: 0 }]]);
  assert.deepEqual(outcome(self, 5), [EXIT_BUDGET, 5, 0]);
});

test("a call is a preemption point, also forward and within or over pages", () => {
  for (const target of [8, 4096]) {
    for (const rd of [1, 5]) {
      const rig = new Rig();
      rig.map(CODE + 4096, 3, RX);
      rig.code([["jal", { rd, imm: target }], ["ebreak"], ["ebreak"]]);
      rig.code([["ebreak"]], 0, 3);
      assert.deepEqual(outcome(rig, 1), [EXIT_BUDGET, 1, target]);
      assert.equal(rig.getX(rd), BigInt(CODE + 4));
      rig.setPc(CODE);
      assert.deepEqual(outcome(rig, 2), [EXIT_TRAP, 1, target]);
      rig.code([["jalr", { rd, rs1: 6, imm: 0 }]]);
      rig.setX(6, CODE + target);
      rig.setPc(CODE);
      assert.deepEqual(outcome(rig, 1), [EXIT_BUDGET, 1, target]);
    }
  }
});

test("a backward branch over a page boundary is a preemption point, a forward one is not", () => {
  const rig = new Rig();
  rig.map(CODE + 4096, 3, RX);
  rig.code([["beq", { imm: 4088 }]], 8);
  rig.setPc(CODE + 8);
  rig.code(
    [
      ["addi", { rd: 5, rs1: 5, imm: 1 }],
      ["jal", { imm: -4092 }],
    ],
    0,
    3,
  );
  assert.deepEqual(outcome(rig, 1), [EXIT_BUDGET, 3, 8]);
  assert.deepEqual(outcome(rig, 7), [EXIT_BUDGET, 9, 8]);
  assert.equal(rig.getX(5), 4n);
});

test("runs in slices end where one run ends, whatever the slices", () => {
  const total = 3_000_000;
  const results = [1, 7, 1000, 1_000_003, total].map((slice) => {
    const rig = new Rig();
    rig.code([
      ["addi", { rd: 5, rs1: 5, imm: 3 }],
      ["andi", { rd: 6, rs1: 5, imm: 15 }],
      ["bne", { rs1: 6, rs2: 0, imm: 8 }],
      ["xori", { rd: 7, rs1: 5, imm: 1 }],
      ["jal", { rd: 1, imm: -16 }],
    ]);
    // So many slices of one instruction would take long; fewer show the same.
    const goal = slice === 1 ? 30_000 : total;
    let executed = 0;
    while (executed < goal) {
      assert.equal(rig.run(Math.min(slice, goal - executed)), EXIT_BUDGET);
      executed += rig.machine.executedInstructions;
    }
    return slice === 1 ? undefined : [executed, rig.getX(5), rig.getX(7), rig.getPc()];
  });
  for (const result of results.slice(1)) assert.deepEqual(result, results[1]);
});

test("system calls count, and the handler sees the count in later parts of a long run", () => {
  const rig = new Rig();
  rig.code([
    ["addi", { rd: 5, rs1: 5, imm: -1 }],
    ["bne", { rs1: 5, imm: -4 }],
    ["ecall"],
    ["ebreak"],
  ]);
  rig.setX(5, 1_500_000);
  let seen = 0;
  rig.onEnvironmentCall = (_context, executed) => {
    seen = executed;
    return CONTINUE;
  };
  assert.deepEqual(outcome(rig, 2 ** 31 - 1), [EXIT_TRAP, 3_000_001, 12]);
  assert.equal(seen, 3_000_001);
});

test("cycle, instret and time count what is executed", () => {
  const rig = new Rig();
  rig.code([
    ["csrrs", { rd: 5, imm: 0xc02 }],
    NOP,
    ["csrrs", { rd: 6, imm: 0xc00 }],
    ["csrrs", { rd: 7, imm: 0xc01 }],
    ["ebreak"],
  ]);
  rig.run();
  assert.equal(rig.getX(5), 0n);
  assert.equal(rig.getX(6), 2n);
  assert.equal(rig.getX(7), 1_000_003n);
  rig.setPc(CODE);
  rig.run();
  assert.equal(rig.getX(5), 4n);
});

test("a budget outside 1 to 2^31-1 is refused", () => {
  const rig = new Rig();
  for (const budget of [0, -1, 2 ** 31, Number.NaN]) {
    assert.throws(() => rig.run(budget), /budget/);
  }
});
