/**
 * F and D arithmetic against qemu, its fast paths against the exact ones, and by hand where the
 * specification is easy to get wrong.
 */

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { test } from "node:test";
import { Random } from "../isa/random.js";
import { operandsOf } from "./operands.js";
import type { Operation } from "./operations.js";
import { operations } from "./operations.js";
import { ANSWER_BYTES, buildOracle, CASE_BYTES, missingPackage } from "./oracle.js";
import { type Answer, Rig } from "./rig.js";

const long = process.env.SIXFOLD_TEST_LONG === "1";
const seed = Number(process.env.SIXFOLD_TEST_SEED ?? Date.now() % 1_000_000_007);
const casesPerOperation = Number(process.env.SIXFOLD_TEST_CASES ?? (long ? 200_000 : 10_000));
const CASES_PER_BATCH = 20_000;

function describe(operation: Operation, operands: readonly bigint[], rounding: number): string {
  const list = operands.map((bits) => `0x${bits.toString(16)}`).join(", ");
  return `${operation.mnemonic} ${list}, rounding ${rounding}`;
}

function show({ result, flags }: Answer): string {
  return `0x${result.toString(16)}, flags ${flags}`;
}

interface Case {
  readonly operands: bigint[];
  readonly rounding: number;
  readonly flags: number;
}

/** Half of the cases start with the inexact flag, and many round to nearest: fast paths. */
function randomCase(random: Random, operation: Operation): Case {
  return {
    operands: operandsOf(random, operation),
    rounding: random.chance(30) ? 0 : random.below(5),
    flags: random.chance(50) ? 1 : 0,
  };
}

function encodeCases(cases: readonly Case[]): Buffer {
  const bytes = Buffer.alloc(cases.length * CASE_BYTES);
  for (const [index, { operands, rounding, flags }] of cases.entries()) {
    for (const [position, bits] of operands.entries()) {
      bytes.writeBigUInt64LE(bits, index * CASE_BYTES + position * 8);
    }
    bytes.writeBigUInt64LE(BigInt((rounding << 5) | flags), index * CASE_BYTES + 24);
  }
  return bytes;
}

const missing = missingPackage();

test(`${casesPerOperation} cases of each instruction give what qemu gives`, {
  skip: missing ?? false,
}, (context) => {
  context.diagnostic(`SIXFOLD_TEST_SEED=${seed} SIXFOLD_TEST_CASES=${casesPerOperation}`);
  const random = new Random(seed);
  const rig = new Rig();
  const { run, folder } = buildOracle(operations);
  try {
    for (const [operationIndex, operation] of operations.entries()) {
      for (let done = 0; done < casesPerOperation; done += CASES_PER_BATCH) {
        const length = Math.min(CASES_PER_BATCH, casesPerOperation - done);
        const cases = Array.from({ length }, () => randomCase(random, operation));
        const answers = run(operationIndex, encodeCases(cases));
        assert.equal(answers.length, length * ANSWER_BYTES);
        for (const [index, { operands, rounding, flags }] of cases.entries()) {
          const expected = {
            result: answers.readBigUInt64LE(index * ANSWER_BYTES),
            flags: Number(answers.readBigUInt64LE(index * ANSWER_BYTES + 8)),
          };
          const actual = rig.run(operation, operands, rounding, flags);
          if (actual.result === expected.result && actual.flags === expected.flags) continue;
          const what = `${describe(operation, operands, rounding)}, flags ${flags}`;
          assert.fail(`${what}: ${show(actual)}; qemu: ${show(expected)}; seed ${seed}`);
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("fast paths give what the exact paths give", (context) => {
  context.diagnostic(`SIXFOLD_TEST_SEED=${seed}`);
  const random = new Random(seed + 1);
  const rig = new Rig();
  const count = long ? 300_000 : 10_000;
  for (const operation of operations.filter((row) => row.with === "rounding")) {
    for (let turn = 0; turn < count; turn++) {
      const operands = operandsOf(random, operation);
      const rounding = random.chance(80) ? 0 : 1;
      const exact = rig.run(operation, operands, rounding, 0);
      const fast = rig.run(operation, operands, rounding, 1);
      if (fast.result === exact.result && fast.flags === (exact.flags | 1)) continue;
      const what = describe(operation, operands, rounding);
      assert.fail(`${what}: fast ${show(fast)}; exact ${show(exact)}; seed ${seed}`);
    }
  }
});

/** One instruction by its mnemonic. */
function evaluate(mnemonic: string, operands: readonly bigint[], rounding = 0, flags = 0): string {
  const operation = operations.find((row) => row.mnemonic === mnemonic);
  assert.ok(operation, mnemonic);
  return show(new Rig().run(operation, operands, rounding, flags));
}

const ONE = 0x3ff0_0000_0000_0000n;
const INFINITY = 0x7ff0_0000_0000_0000n;
const QUIET = 0x7ff8_0000_0000_0000n;
const PAYLOAD = 0xfff8_0000_dead_beefn;
const SIGNALING = 0x7ff0_0000_0000_0001n;
const MINUS = 1n << 63n;
const boxed = (bits: number): bigint => 0xffff_ffff_0000_0000n | BigInt(bits);

test("NaN results are canonical, and only signaling operands raise NV", () => {
  assert.equal(evaluate("fadd.d", [PAYLOAD, ONE]), "0x7ff8000000000000, flags 0");
  assert.equal(evaluate("fadd.d", [SIGNALING, ONE]), "0x7ff8000000000000, flags 16");
  assert.equal(evaluate("fcvt.s.d", [PAYLOAD]), "0xffffffff7fc00000, flags 0");
  assert.equal(evaluate("fcvt.d.s", [boxed(0x7f80_0001)]), "0x7ff8000000000000, flags 16");
});

test("infinity times zero is invalid even when the addend is a quiet NaN", () => {
  assert.equal(evaluate("fmadd.d", [INFINITY, 0n, QUIET]), "0x7ff8000000000000, flags 16");
  assert.equal(evaluate("fmadd.d", [INFINITY, ONE, QUIET]), "0x7ff8000000000000, flags 0");
});

test("tininess is found after rounding, in the fast path too", () => {
  // (1 - 2^-53) × 2^-1022 becomes the smallest normal number but has 53 bits of its own: tiny.
  const almostOne = 0x3fef_ffff_ffff_ffffn;
  const smallest = 1n << 52n;
  assert.equal(evaluate("fmul.d", [almostOne, smallest]), "0x10000000000000, flags 3");
  assert.equal(evaluate("fmul.d", [almostOne, smallest], 0, 1), "0x10000000000000, flags 3");
  // (1 + 2^-52) × (1 - 2^-52) × 2^-1022 rounds up to it with any exponent range: not tiny.
  const largestSubnormal = smallest - 1n;
  const aboveOne = ONE | 1n;
  assert.equal(evaluate("fmul.d", [aboveOne, largestSubnormal]), "0x10000000000000, flags 1");
  assert.equal(evaluate("fmul.d", [aboveOne, largestSubnormal], 1), "0xfffffffffffff, flags 3");
});

test("minimum and maximum: -0 is below +0, a number beats a NaN", () => {
  assert.equal(evaluate("fmin.d", [0n, MINUS]), "0x8000000000000000, flags 0");
  assert.equal(evaluate("fmax.d", [MINUS, 0n]), "0x0, flags 0");
  assert.equal(evaluate("fmax.d", [QUIET, ONE]), "0x3ff0000000000000, flags 0");
  assert.equal(evaluate("fmin.d", [ONE, SIGNALING]), "0x3ff0000000000000, flags 16");
  assert.equal(evaluate("fmin.s", [boxed(0x7fc0_0000), 0n]), "0xffffffff7fc00000, flags 0");
});

test("a single without its box is the canonical NaN", () => {
  assert.equal(evaluate("fadd.s", [0x3f80_0000n, boxed(0)], 0, 1), "0xffffffff7fc00000, flags 1");
  assert.equal(evaluate("fclass.s", [0x3f80_0000n]), "0x200, flags 0");
  assert.equal(evaluate("fsgnjn.s", [0n, boxed(0)]), "0xffffffffffc00000, flags 0");
});

test("conversions to integers saturate with NV alone", () => {
  assert.equal(evaluate("fcvt.w.d", [QUIET]), "0x7fffffff, flags 16");
  assert.equal(evaluate("fcvt.wu.d", [0xbff0_0000_0000_0000n], 1), "0x0, flags 16");
  assert.equal(evaluate("fcvt.wu.d", [0x41ef_ffff_ffe0_0000n]), "0xffffffffffffffff, flags 0");
  assert.equal(evaluate("fcvt.wu.d", [0xbfe0_0000_0000_0000n], 1), "0x0, flags 1");
  assert.equal(evaluate("fcvt.l.d", [0x43e0_0000_0000_0000n]), "0x7fffffffffffffff, flags 16");
  assert.equal(evaluate("fcvt.l.d", [0xc3e0_0000_0000_0000n]), "0x8000000000000000, flags 0");
});

test("an exact zero sum is minus zero only when rounding down", () => {
  const minusOne = ONE | MINUS;
  for (const rounding of [0, 1, 3, 4]) {
    assert.equal(evaluate("fadd.d", [ONE, minusOne], rounding), "0x0, flags 0");
    assert.equal(evaluate("fmadd.d", [ONE, ONE, minusOne], rounding), "0x0, flags 0");
  }
  assert.equal(evaluate("fadd.d", [ONE, minusOne], 2), "0x8000000000000000, flags 0");
  assert.equal(evaluate("fmadd.d", [ONE, ONE, minusOne], 2), "0x8000000000000000, flags 0");
});
