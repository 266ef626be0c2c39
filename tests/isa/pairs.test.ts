/** Pairs of instructions with one handler: the second's trap, jumps between, and the count. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { EXIT_TRAP } from "../../src/machine/platform.js";
import { CODE, DATA, Rig, RW, RX } from "./rig.js";

/** Loads twice, the second time from x8, and ends with a trap. */
function twoLoads(): Rig {
  const rig = new Rig();
  rig.map(CODE, 1, RX);
  rig.map(DATA, 2, RW);
  rig.code([["ld", { rd: 5, rs1: 6 }], ["ld", { rd: 7, rs1: 8 }], ["ebreak"]]);
  rig.setX(6, DATA);
  rig.setX(8, DATA);
  return rig;
}

test("a fault in the second of a pair is at its own address, and the first is done", () => {
  const rig = twoLoads();
  new DataView(rig.machine.ram.buffer, rig.machine.ram.byteOffset).setInt32(2 * 4096, 77, true);
  assert.equal(rig.run(), EXIT_TRAP);
  assert.equal(rig.getPc(), CODE + 8);
  rig.setPc(CODE);
  rig.setX(5, 0);
  rig.setX(7, 1);
  rig.setX(8, DATA + 0x100000);
  assert.equal(rig.run(), EXIT_TRAP);
  assert.equal(rig.machine.executedInstructions, 1);
  assert.equal(rig.getPc(), CODE + 4);
  assert.equal(rig.getX(5), 77n);
  assert.equal(rig.getX(7), 1n);
});

test("a jump to the second of a pair does the second only", () => {
  const rig = twoLoads();
  rig.run();
  rig.setX(5, 1);
  rig.setX(7, 1);
  rig.setPc(CODE + 4);
  assert.equal(rig.run(), EXIT_TRAP);
  assert.equal(rig.getX(5), 1n);
  assert.equal(rig.getX(7), 0n);
});
