/**
 * The vocabulary that all exact operations share, as emitters over raw bits: a value is an i64
 * with the format's bits at the bottom and zeros above.
 *
 * An unpacked number is a sign (i32, 0 or 1), a biased exponent (i32) and a significand (i64) whose
 * leading bit is bit 62, so its value is significand / 2^62 × 2^(exponent - bias). Both formats
 * unpack to this; only rounding and packing know how many bits a format keeps.
 */

import type { Operand } from "../wasm/expression.js";
import {
  Body,
  call,
  constant,
  type Expression,
  load32,
  type Variable,
} from "../wasm/expression.js";
import type { ModuleBuilder } from "../wasm/module.js";
import type { Signature } from "../wasm/opcodes.js";
import type { Format } from "./format.js";
import {
  FLAG_INEXACT,
  FLAG_INVALID,
  FLAG_OVERFLOW,
  FLAG_UNDERFLOW,
  ROUND_NEAREST_EVEN,
} from "./format.js";

/** Functions of the module that the operations of one format call. */
export interface Parts {
  readonly module: ModuleBuilder;
  readonly format: Format;
  /** (sign, exponent, significand, rounding, flagsAddress) → bits; see `emitRoundPack` */
  readonly roundPack: number;
  /** (a, b, flagsAddress) → canonical NaN, raising NV if one of them is signaling */
  readonly nanOf: number;
}

/** Emits the functions that the operations of this format share. */
export function addParts(module: ModuleBuilder, format: Format): Parts {
  const roundPackSignature: Signature = {
    parameters: ["i32", "i32", "i64", "i32", "i32"],
    results: ["i64"],
  };
  const roundPack = module.addFunction(
    roundPackSignature,
    (code) => emitRoundPack(new Body(code), format),
    `${format.name}RoundPack`,
  );
  const nanOf = module.addFunction(
    { parameters: ["i64", "i64", "i32"], results: ["i64"] },
    (code) => {
      const body = new Body(code);
      const [a, b, flagsAddress] = [body.parameter(0), body.parameter(1), body.parameter(2)];
      const signaling = isSignaling(format, a).or(isSignaling(format, b));
      body.if(signaling, () => raise(body, flagsAddress, FLAG_INVALID));
      body.result(constant("i64", format.canonicalNaN));
    },
    `${format.name}NaN`,
  );
  return { module, format, roundPack, nanOf };
}

/** ORs exception flags into the fcsr word. */
export function raise(body: Body, flagsAddress: Expression, flags: Operand): void {
  body.store32(flagsAddress, load32(flagsAddress).or(flags));
}

/** Raises the flags and returns the canonical NaN. */
export function returnInvalid(body: Body, format: Format, flagsAddress: Expression): void {
  raise(body, flagsAddress, FLAG_INVALID);
  body.return(constant("i64", format.canonicalNaN));
}

/** The bits without the sign. */
export function magnitude(format: Format, bits: Expression): Expression {
  return bits.and(format.signMask - 1n);
}

/** The sign, 0 or 1, as i32. */
export function signOf(format: Format, bits: Expression): Expression {
  return bits.shrU(format.widthBits - 1).wrap();
}

/** The sign bit in place, from a sign 0 or 1 as i32. */
export function signBit(format: Format, sign: Expression): Expression {
  return sign.extendU().shl(format.widthBits - 1);
}

/** The exponent field as i32. */
export function exponentOf(format: Format, bits: Expression): Expression {
  return bits.shrU(format.fractionBits).wrap().and(format.exponentMaximum);
}

/** 1 for quiet and signaling NaNs. */
export function isAnyNaN(format: Format, bits: Expression): Expression {
  return magnitude(format, bits).gtU(format.infinity);
}

/** 1 for NaNs whose first fraction bit is clear. */
export function isSignaling(format: Format, bits: Expression): Expression {
  const aboveInfinity = magnitude(format, bits).sub(format.infinity + 1n);
  return aboveInfinity.ltU(format.quietBit - 1n);
}

/** An unpacked number: variables that are filled by `unpack`. */
export interface Unpacked {
  readonly exponent: Variable;
  readonly significand: Variable;
}

/** Unpacks a finite number that is not zero; subnormals are normalized. */
export function unpack(body: Body, format: Format, bits: Variable): Unpacked {
  const exponent = body.let(exponentOf(format, bits));
  const fraction = bits.and(format.fractionMask).shl(format.roundBits);
  const significand = body.let(fraction);
  body.if(
    exponent.isZero(),
    () => normalize(body, exponent, significand, 1),
    () => significand.set(significand.or(1n << 62n)),
  );
  return { exponent, significand };
}

/**
 * Shifts a significand that is not zero left until its leading bit is bit 62 and lowers the
 * exponent by as much; `offset` is added to the exponent. Bit 63 must be clear.
 */
export function normalize(
  body: Body,
  exponent: Variable,
  significand: Variable,
  offset: number,
): void {
  const shift = body.let(significand.clz().sub(1));
  significand.set(significand.shl(shift));
  exponent.set(exponent.sub(shift.wrap()).add(offset));
}

/** Shift right by 0 or more; the lowest bit of the result also says if a one fell out. */
export function shiftRightSticky(significand: Variable, count: Variable): Expression {
  const wide = count.extendU();
  const lost = significand.and(constant("i64", -1).shl(wide).xor(-1)).ne(0);
  return count
    .ltU(64)
    .choose(significand.shrU(wide).or(lost.extendU()), significand.ne(0).extendU());
}

/** Halves a significand, keeping the bit that falls out as sticky. */
export function halveSticky(significand: Variable): Expression {
  return significand.shrU(1).or(significand.and(1));
}

/** The half unit that directed rounding adds: RDN below zero and RUP above round away from it. */
export function roundsAway(rounding: Expression, sign: Expression): Expression {
  return rounding.xor(sign).eq(3);
}

/** A call of `roundPack` as the result of the function. */
export function returnRounded(
  body: Body,
  parts: Parts,
  number: { sign: Expression; exponent: Expression; significand: Expression },
  rounding: Expression,
  flagsAddress: Expression,
): void {
  const { sign, exponent, significand } = number;
  body.returnCall(parts.roundPack, sign, exponent, significand, rounding, flagsAddress);
}

/** The canonical NaN for operands of which one is a NaN, with NV if one is signaling. */
export function nanOf(
  parts: Parts,
  a: Expression,
  b: Expression,
  flagsAddress: Expression,
): Expression {
  return call(parts.nanOf, "i64", a, b, flagsAddress);
}

/**
 * Body of `roundPack`: rounds an unpacked number to the format and packs it. Raises NX, OF and UF;
 * tininess is detected after rounding (RISC-V Unprivileged 20.4): the number is tiny if, rounded
 * to full precision with an unbounded exponent, it is below the smallest normal number.
 */
function emitRoundPack(body: Body, format: Format): void {
  const [sign, exponent, significand] = [0, 1, 2].map((index) => body.parameter(index)) as [
    Variable,
    Variable,
    Variable,
  ];
  const [rounding, flagsAddress] = [body.parameter(3), body.parameter(4)];
  const lowMask = (1n << BigInt(format.roundBits)) - 1n;
  const half = 1n << BigInt(format.roundBits - 1);
  const increment = body.let(constant("i64", half));
  body.if(rounding.and(3).ne(0), () => {
    increment.set(roundsAway(rounding, sign).choose(constant("i64", lowMask), 0));
  });
  const flags = body.variable("i32");
  const lastExponent = format.exponentMaximum - 1;
  body.if(exponent.sub(1).geU(lastExponent - 1), () => {
    const reachesNextPower = significand.add(increment).ltS(0);
    body.if(
      exponent.leS(0),
      () => {
        const tiny = body.let(exponent.ltS(0).or(reachesNextPower.isZero()));
        const shift = body.let(constant("i32", 1).sub(exponent));
        significand.set(shiftRightSticky(significand, shift));
        exponent.set(1);
        body.if(tiny.and(significand.and(lowMask).ne(0)), () => flags.set(FLAG_UNDERFLOW));
      },
      () => {
        body.if(exponent.gtS(lastExponent).or(reachesNextPower), () => {
          raise(body, flagsAddress, FLAG_OVERFLOW | FLAG_INEXACT);
          const largest = constant("i64", format.infinity).sub(increment.isZero().extendU());
          body.return(signBit(format, sign).add(largest));
        });
      },
    );
  });
  const rest = body.let(significand.and(lowMask));
  body.if(rest.ne(0), () => raise(body, flagsAddress, flags.or(FLAG_INEXACT)));
  significand.set(significand.add(increment).shrU(format.roundBits));
  const tie = rest.eq(half).and(rounding.eq(ROUND_NEAREST_EVEN));
  significand.set(significand.and(tie.extendU().xor(-1)));
  // The leading bit of a normal significand adds the one that is missing in the exponent.
  const field = exponent.sub(1).extendU().shl(format.fractionBits);
  body.result(signBit(format, sign).add(field).add(significand));
}

/** The sign of an exact zero sum of numbers of different signs: minus only when rounding down. */
export function cancelledZero(format: Format, rounding: Expression): Expression {
  return signBit(format, rounding.eq(2));
}
