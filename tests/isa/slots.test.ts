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

const NEXT = DATA + PAGE_BYTES;

/** How two pages lie that accesses by sp go over; the frame of the first is 4. */
for (const [what, frame, permissions] of [
  ["neighbouring frames", 5, RW],
  ["frames in the opposite order", 3, RW],
  ["the same frame", 4, RW],
  ["a second one that may only be read", 5, R],
] as const) {
  for (const name of ["ld", "sd"] as const) {
    test(`accesses to two pages with ${what}: ${name}`, () => {
      const rig = new Rig(eager);
      rig.code([
        [name, { rd: name === "ld" ? 5 : 0, rs1: 2, rs2: 5 }],
        [name, { rd: name === "ld" ? 6 : 0, rs1: 2, rs2: 6, imm: 8 }],
        [name, { rd: name === "ld" ? 7 : 0, rs1: 2, rs2: 7, imm: 16 }],
        ["addi", { rd: 10, rs1: 10, imm: 1 }],
        ["jal", { imm: -16 }],
      ]);
      rig.map(DATA, 4, RW);
      rig.map(NEXT, frame, permissions);
      const values = [0x1111n, 0x2222n, 0x3333n];
      const places = [4 * PAGE_BYTES + 4080, 4 * PAGE_BYTES + 4088, frame * PAGE_BYTES];
      const ram = new DataView(rig.machine.ram.buffer, rig.machine.ram.byteOffset);
      for (const [at, value] of values.entries()) {
        if (name === "ld") ram.setBigUint64(places[at] ?? 0, value, true);
        else rig.setX(5 + at, value);
      }
      rig.setX(2, NEXT - 16);
      const isRefused = name === "sd" && permissions === R;
      assert.equal(rig.run(1001), isRefused ? EXIT_TRAP : EXIT_BUDGET);
      if (isRefused) {
        assert.deepEqual(rig.trap, { cause: 15, value: BigInt(NEXT) });
        assert.equal(rig.machine.executedInstructions, 2);
        assert.equal(ram.getBigUint64(places[2] ?? 0, true), 0n);
        return;
      }
      assert.ok((rig.machine.translations?.counts.regions ?? 0) > 0);
      for (const [at, value] of values.entries()) {
        const found = name === "ld" ? rig.getX(5 + at) : ram.getBigUint64(places[at] ?? 0, true);
        assert.equal(found, value);
      }
      // What was found for both holds no longer than the mappings do.
      rig.map(NEXT, 7, R);
      if (name === "ld") {
        rig.setPc(CODE);
        assert.equal(rig.run(501), EXIT_BUDGET);
        assert.deepEqual([rig.getX(5), rig.getX(6), rig.getX(7)], [0x1111n, 0x2222n, 0n]);
      } else {
        rig.setPc(CODE);
        assert.equal(rig.run(501), EXIT_TRAP);
        assert.equal(rig.machine.executedInstructions, 2);
      }
    });
  }
}
