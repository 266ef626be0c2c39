/** Single cases of F and D that were wrong once; the breadth is in random.test.ts. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { WORD_FCSR } from "../../src/machine/platform.js";
import { Rig } from "./rig.js";

const ROUND_TO_ZERO = 1;
const INEXACT = 1;
const INVALID = 16;

test("NaN to an integer, towards zero, with the inexact flag set: the largest, and NV", () => {
  for (const [name, largest] of [
    ["fcvt.w.s", 0x7fff_ffffn],
    ["fcvt.wu.s", 0xffff_ffff_ffff_ffffn],
    ["fcvt.l.d", 0x7fff_ffff_ffff_ffffn],
    ["fcvt.lu.d", 0xffff_ffff_ffff_ffffn],
  ] as const) {
    const rig = new Rig();
    const nan = name.endsWith("s") ? 0xffff_ffff_7fc0_0000n : 0x7ff8_0000_0000_0000n;
    rig.code([
      ["fmv.d.x", { rd: 1, rs1: 6 }],
      [name, { rd: 5, rs1: 1, rm: ROUND_TO_ZERO }],
      ["ebreak"],
    ]);
    rig.setX(6, nan);
    rig.setFcsr(INEXACT);
    rig.run();
    assert.equal(rig.getX(5), largest, name);
    const fcsr = rig.machine.words[rig.machine.registersBase(rig.context) + WORD_FCSR];
    assert.equal(fcsr, INEXACT | INVALID, name);
  }
});
