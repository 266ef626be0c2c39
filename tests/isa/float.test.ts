/** Single cases of F and D that were wrong once; the breadth is in random.test.ts. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { enableEngineFeatures } from "../../src/host/node/engine.js";
import { EXIT_TRAP, WORD_F, WORD_FCSR } from "../../src/machine/platform.js";
import { plainEngine } from "../../src/machine/wasm/features.js";
import { CODE, DATA, Rig } from "./rig.js";

enableEngineFeatures();

/** The interpreter, the translator with what this engine has, and with what every engine has. */
const tiers = Object.freeze({
  interpreter: Object.freeze({ translator: false }),
  translator: Object.freeze({ translator: true, translateAfterSamples: 0 }),
  "translator for any engine": Object.freeze({
    translator: true,
    translateAfterSamples: 0,
    features: plainEngine,
  }),
});

const ROUND_TO_ZERO = 1;
const DYNAMIC = 7;
const ILLEGAL_INSTRUCTION = 2;
const BREAKPOINT = 3;
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

function fcsrOf(rig: Rig): number {
  return rig.machine.words[rig.machine.registersBase(rig.context) + WORD_FCSR] ?? 0;
}

function getF(rig: Rig, register: number): bigint {
  const at = rig.machine.registersBase(rig.context) + WORD_F + register * 2;
  const [low, high] = [rig.machine.words[at] ?? 0, rig.machine.words[at + 1] ?? 0];
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

const boxed = (bits: number): bigint => 0xffff_ffff_0000_0000n | BigInt(bits);

for (const [tier, options] of Object.entries(tiers)) {
  test(`a fused multiply-add of singles rounds once: ${tier}`, () => {
    // (1 + 2^-12)² is halfway between two singles, what is added as much as nothing to a double.
    for (const [addend, expected] of [
      [0x1780_0000, 0x3f80_1001],
      [0x9780_0000, 0x3f80_1000],
      [0x0000_0000, 0x3f80_1000],
    ] as const) {
      const rig = new Rig(options);
      rig.code([["fmadd.s", { rd: 4, rs1: 1, rs2: 1, rs3: 2, rm: DYNAMIC }], ["ebreak"]]);
      rig.setF(1, boxed(0x3f80_0800));
      rig.setF(2, boxed(addend));
      rig.setFcsr(INEXACT);
      rig.run();
      assert.equal(getF(rig, 4), boxed(expected));
      assert.equal(fcsrOf(rig), INEXACT);
    }
  });

  test(`a reserved dynamic rounding mode is illegal in what is computed inline: ${tier}`, () => {
    const lines = [
      ["fadd.d", { rd: 4, rs1: 1, rs2: 2 }],
      ["fmul.d", { rd: 4, rs1: 1, rs2: 3 }],
      ["fmadd.d", { rd: 4, rs1: 1, rs2: 3, rs3: 2 }],
      ["fsqrt.s", { rd: 4, rs1: 1 }],
      ["fcvt.d.w", { rd: 4, rs1: 5 }],
      ["fcvt.w.d", { rd: 6, rs1: 1 }],
      ["fcvt.d.s", { rd: 4, rs1: 1 }],
      ["fcvt.s.d", { rd: 4, rs1: 1 }],
    ] as const;
    for (const [name, operands] of lines) {
      for (const mode of [5, 6, 7]) {
        const rig = new Rig(options);
        rig.code([["addi", { rd: 7, imm: 1 }], [name, { ...operands, rm: DYNAMIC }], ["ebreak"]]);
        rig.setF(1, 0x3ff0_0000_0000_0000n);
        rig.setFcsr((mode << 5) | INEXACT);
        assert.equal(rig.run(), EXIT_TRAP);
        assert.deepEqual([rig.trap.cause, rig.getPc()], [ILLEGAL_INSTRUCTION, CODE + 4], name);
      }
    }
  });

  test(`flags of exact and inexact results, and of an underflow to zero: ${tier}`, () => {
    const one = 0x3ff0_0000_0000_0000n;
    const tiny = 0x0010_0000_0000_0000n;
    const third = 0x3fd5_5555_5555_5555n;
    const cases: readonly (readonly [string, bigint, bigint, number, bigint, number])[] = [
      ["fadd.d", one, one, 0, 0x4000_0000_0000_0000n, 0],
      ["fadd.d", one, third, 0, 0x3ff5_5555_5555_5555n, 1],
      ["fmul.d", one, 0n, 0, 0n, 0],
      ["fmul.d", third, third, 0, 0x3fbc_71c7_1c71_c71cn, 1],
      ["fmul.d", third, one, 0, third, 0],
      ["fmul.d", tiny, tiny, 0, 0n, 3],
      ["fmul.d", tiny, tiny, 1, 0n, 3],
      ["fmul.d", tiny, 0x3fe0_0000_0000_0000n, 0, 0x0008_0000_0000_0000n, 0],
      ["fdiv.d", one, 0n, 1, 0x7ff0_0000_0000_0000n, 9],
      ["fdiv.d", 0n, one, 0, 0n, 0],
      ["fmul.s", boxed(0x0080_0000), boxed(0x0080_0001), 1, boxed(0), 3],
      ["fmul.s", boxed(0x0080_0000), boxed(0x3f00_0000), 0, boxed(0x0040_0000), 0],
      ["fadd.s", boxed(0x3f80_0000), boxed(0x3380_0000), 0, boxed(0x3f80_0000), 1],
    ];
    for (const [name, a, b, flags, result, flagsAfter] of cases) {
      // The result may replace an operand.
      for (const rd of [1, 2, 3]) {
        const rig = new Rig(options);
        rig.code([[name, { rd, rs1: 1, rs2: 2, rm: DYNAMIC }], ["ebreak"]]);
        rig.setF(1, a);
        rig.setF(2, b);
        rig.setFcsr(flags);
        rig.run();
        assert.equal(rig.trap.cause, BREAKPOINT);
        assert.deepEqual([getF(rig, rd), fcsrOf(rig)], [result, flagsAfter], `${name} ${a} ${b}`);
      }
    }
  });

  test(`a word of a register is stored as it is, boxed or not, on every way: ${tier}`, () => {
    for (const isSkipped of [0, 1]) {
      const rig = new Rig(options);
      rig.write(2, 0, new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 128, 63]));
      rig.code([
        ["fld", { rd: 1, rs1: 10, imm: 0 }],
        ["bne", { rs1: 5, rs2: 0, imm: 8 }],
        ["flw", { rd: 1, rs1: 10, imm: 8 }],
        ["fsw", { rs2: 1, rs1: 10, imm: 16 }],
        ["flw", { rd: 2, rs1: 10, imm: 8 }],
        ["fld", { rd: 2, rs1: 10, imm: 0 }],
        ["fsw", { rs2: 2, rs1: 10, imm: 20 }],
        ["ebreak"],
      ]);
      rig.setX(5, isSkipped);
      rig.setX(10, DATA);
      rig.run();
      const first = isSkipped === 1 ? [1, 2, 3, 4] : [0, 0, 128, 63];
      assert.deepEqual(rig.read(2, 16, 8), [...first, 1, 2, 3, 4]);
    }
  });

  test(`a loop keeps singles that are boxed and not apart: ${tier}`, () => {
    const rig = new Rig(options);
    rig.code([
      ["fadd.s", { rd: 1, rs1: 1, rs2: 2, rm: DYNAMIC }],
      ["fmv.d.x", { rd: 2, rs1: 5 }],
      ["addi", { rd: 6, rs1: 6, imm: -1 }],
      ["bne", { rs1: 6, rs2: 0, imm: -12 }],
      ["ebreak"],
    ]);
    rig.setX(6, 2);
    // Not boxed: in the second turn the operand is the canonical NaN.
    rig.setX(5, 0x3f80_0000);
    for (const [register, bits] of [0x3f80_0000, 0x4000_0000].entries()) {
      rig.setF(register + 1, boxed(bits));
    }
    rig.setFcsr(INEXACT);
    rig.run(4);
    assert.equal(getF(rig, 1), boxed(0x4040_0000));
    rig.run();
    assert.equal(getF(rig, 1), boxed(0x7fc0_0000));
  });
}
