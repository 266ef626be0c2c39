/**
 * Slots (src/machine/interpret/slots.ts) allow no more than what they were filled for: an empty one
 * stands for no page, and one that was read through is not stored through.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { EXIT_BUDGET, EXIT_TRAP, PAGE_BYTES } from "../../src/machine/platform.js";
import { CODE, DATA, type Line, R, Rig, RW } from "./rig.js";

const eager = { translator: true, translateAfterSamples: 0, sampleInstructions: 40 };

/** Accesses of two words by sp in a loop. */
const pairsOf = (name: "ld" | "sd"): readonly Line[] => [
  [name, { rd: name === "ld" ? 5 : 0, rs1: 2, rs2: 5 }],
  [name, { rd: name === "ld" ? 7 : 8, rs1: 2, rs2: 5, imm: 8 }],
  ["addi", { rd: 10, rs1: 10, imm: 1 }],
  ["jal", { imm: -12 }],
];

/** The same by a register that walks. */
const walksOf = (name: "ld" | "sd"): readonly Line[] => [
  [name, { rd: name === "ld" ? 5 : 0, rs1: 2, rs2: 5 }],
  ["addi", { rd: 2, rs1: 2, imm: 8 }],
  ["addi", { rd: 10, rs1: 10, imm: -1 }],
  ["bne", { rs1: 10, imm: -12 }],
];

for (const [what, lines] of [
  ["two loads", pairsOf("ld")],
  ["two stores", pairsOf("sd")],
  ["loads by strides", walksOf("ld")],
  ["stores by strides", walksOf("sd")],
] as const) {
  test(`an empty slot stands for no page: ${what}`, () => {
    const rig = new Rig(eager);
    rig.code(lines);
    rig.map(DATA + PAGE_BYTES, 3, RW);
    rig.setX(2, DATA);
    rig.setX(10, 2000);
    assert.equal(rig.run(1000), EXIT_BUDGET);
    assert.ok((rig.machine.translations?.counts.regions ?? 0) > 0);
    for (const address of [0, 16, 2040, 2048, 4000, -8, 2 ** 40 - 4096]) {
      rig.machine.invalidatePage(rig.space, DATA / PAGE_BYTES);
      rig.setX(2, address);
      rig.setX(10, 2000);
      rig.setPc(CODE);
      assert.equal(rig.run(1000), EXIT_TRAP, `${address}`);
      assert.equal(BigInt.asIntN(64, rig.trap.value), BigInt(address));
      assert.equal(rig.machine.executedInstructions, 0);
    }
  });
}

test("a page in which a jump's table was read is not written by another base's slot", () => {
  for (const base of [12, 13, 14, 15, 16]) {
    const rig = new Rig(eager);
    // The numbers that make up the places of their slots were 29 apart.
    const other = base + 13;
    rig.code([
      ["ld", { rd: 5, rs1: base }],
      ["jalr", { rs1: 6 }],
      ["addi", { rd: other, rs1: other, imm: 8 }],
      ["sd", { rs1: other, rs2: 10 }],
      ["addi", { rd: 10, rs1: 10, imm: 1 }],
      ["jal", { imm: -20 }],
    ]);
    rig.map(DATA, 2, R);
    rig.map(DATA + PAGE_BYTES, 3, RW);
    rig.setX(6, CODE + 8);
    rig.setX(base, DATA);
    // It learns where the jump goes.
    for (let time = 0; time < 300; time++) {
      rig.setX(other, DATA + PAGE_BYTES);
      rig.setPc(CODE);
      assert.equal(rig.run(600), EXIT_BUDGET);
    }
    rig.setPc(CODE);
    rig.setX(other, DATA + 64);
    assert.equal(rig.run(600), EXIT_TRAP);
    assert.deepEqual(rig.trap, { cause: 15, value: BigInt(DATA + 72) });
    assert.equal(rig.machine.executedInstructions, 3);
  }
});
