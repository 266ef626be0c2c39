/**
 * Exact addition, multiplication, division and square root over raw bits, with every rounding mode
 * and all flags. Each emitter writes the body of a function
 * (a, b, rounding, flagsAddress) → bits, or (a, rounding, flagsAddress) → bits.
 *
 * Division and square root take an estimate of 53 bits from the host's double operation and
 * correct it by its exact integer remainder, so that they need no long division.
 */

import type { Body, Expression, Variable } from "../wasm/expression.js";
import { constant } from "../wasm/expression.js";
import type { Format } from "./format.js";
import { FLAG_DIVIDE_BY_ZERO, FLAG_INVALID } from "./format.js";
import type { Parts } from "./parts.js";
import {
  cancelledZero,
  exponentOf,
  halveSticky,
  isAnyNaN,
  magnitude,
  nanOf,
  normalize,
  raise,
  returnInvalid,
  returnRounded,
  shiftRightSticky,
  signBit,
  signOf,
  unpack,
} from "./parts.js";

/** a + b. Subtraction is this with the sign of b turned. */
export function emitAdd(body: Body, parts: Parts): void {
  const { format } = parts;
  const [a, b, rounding, flagsAddress] = binaryParameters(body);
  const larger = body.let(a);
  body.if(magnitude(format, a).ltU(magnitude(format, b)), () => {
    larger.set(b);
    b.set(a);
  });
  body.if(magnitude(format, larger).geU(format.infinity), () => {
    body.if(isAnyNaN(format, larger), () => body.return(nanOf(parts, larger, b, flagsAddress)));
    const opposite = larger.xor(b).eq(format.signMask);
    body.if(opposite, () => returnInvalid(body, format, flagsAddress));
    body.return(larger);
  });
  const sign = body.let(signOf(format, larger));
  const top = body.let(exponentOf(format, larger));
  const bottom = body.let(exponentOf(format, b));
  const sum = body.let(significandOf(format, larger, top));
  const addend = body.let(significandOf(format, b, bottom));
  top.set(atLeastOne(top));
  const distance = body.let(top.sub(atLeastOne(bottom)));
  addend.set(shiftRightSticky(addend, distance));
  body.if(
    signOf(format, b).eq(sign),
    () => {
      sum.set(sum.add(addend));
      body.if(sum.isZero(), () => body.return(larger));
    },
    () => {
      sum.set(sum.sub(addend));
      body.if(sum.isZero(), () => body.return(cancelledZero(format, rounding)));
    },
  );
  body.if(
    sum.ltS(0),
    () => {
      sum.set(halveSticky(sum));
      top.set(top.add(1));
    },
    () => normalize(body, top, sum, 0),
  );
  const number = { sign, exponent: top, significand: sum };
  returnRounded(body, parts, number, rounding, flagsAddress);
}

/** a × b */
export function emitMultiply(body: Body, parts: Parts): void {
  const { format } = parts;
  const [a, b, rounding, flagsAddress] = binaryParameters(body);
  const sign = body.let(signOf(format, a.xor(b)));
  body.if(anyExtreme(format, a, b), () => {
    body.if(isAnyNaN(format, a).or(isAnyNaN(format, b)), () =>
      body.return(nanOf(parts, a, b, flagsAddress)),
    );
    const zero = isZero(format, a).or(isZero(format, b));
    const infinite = isInfinite(format, a).or(isInfinite(format, b));
    body.if(zero.and(infinite), () => returnInvalid(body, format, flagsAddress));
    body.if(infinite, () => body.return(signBit(format, sign).or(format.infinity)));
    body.if(zero, () => body.return(signBit(format, sign)));
  });
  const left = unpack(body, format, a);
  const right = unpack(body, format, b);
  const exponent = body.let(left.exponent.add(right.exponent).sub(format.bias));
  const product = multiplyWide(body, left.significand.shl(1), right.significand.shl(1));
  // The product of two numbers in [1, 2) with the point below bit 126 is in [1, 4).
  const significand = body.let(product.high.or(product.low.ne(0).extendU()));
  body.if(significand.ltS(0), () => {
    significand.set(halveSticky(significand));
    exponent.set(exponent.add(1));
  });
  returnRounded(body, parts, { sign, exponent, significand }, rounding, flagsAddress);
}

/** a ÷ b */
export function emitDivide(body: Body, parts: Parts): void {
  const { format } = parts;
  const [a, b, rounding, flagsAddress] = binaryParameters(body);
  const sign = body.let(signOf(format, a.xor(b)));
  body.if(anyExtreme(format, a, b), () => {
    body.if(isAnyNaN(format, a).or(isAnyNaN(format, b)), () =>
      body.return(nanOf(parts, a, b, flagsAddress)),
    );
    const bothZero = isZero(format, a).and(isZero(format, b));
    const bothInfinite = isInfinite(format, a).and(isInfinite(format, b));
    body.if(bothZero.or(bothInfinite), () => returnInvalid(body, format, flagsAddress));
    body.if(isInfinite(format, a), () => body.return(signBit(format, sign).or(format.infinity)));
    body.if(isZero(format, b), () => {
      raise(body, flagsAddress, FLAG_DIVIDE_BY_ZERO);
      body.return(signBit(format, sign).or(format.infinity));
    });
    body.if(isInfinite(format, b).or(isZero(format, a)), () => body.return(signBit(format, sign)));
  });
  const left = unpack(body, format, a);
  const right = unpack(body, format, b);
  const exponent = body.let(left.exponent.sub(right.exponent).add(format.bias));
  const dividend = body.let(left.significand.shrU(10));
  const divisor = body.let(right.significand.shrU(10));
  const estimate = body.let(inUnitRange(dividend).div(inUnitRange(divisor)));
  body.if(dividend.ltU(divisor), () => {
    dividend.set(dividend.shl(1));
    estimate.set(estimate.add(estimate));
    exponent.set(exponent.sub(1));
  });
  // The nearest quotient in [1, 2) as 53 bits; the remainder is at most half the divisor, so that
  // 64 bits of the difference tell it. A negative one means that the quotient was rounded up.
  const quotient = body.let(fromUnitRange(estimate));
  const remainder = body.let(dividend.shl(52).sub(quotient.mul(divisor)));
  body.if(remainder.ltS(0), () => {
    quotient.set(quotient.sub(1));
    remainder.set(remainder.add(divisor));
  });
  remainder.set(remainder.shl(1));
  const nextBit = body.let(remainder.geU(divisor));
  const rest = remainder.ne(nextBit.extendU().mul(divisor));
  const significand = quotient.shl(10).or(nextBit.extendU().shl(9)).or(rest.extendU());
  returnRounded(body, parts, { sign, exponent, significand }, rounding, flagsAddress);
}

/** √a */
export function emitSquareRoot(body: Body, parts: Parts): void {
  const { format } = parts;
  const [a, rounding, flagsAddress] = [body.parameter(0), body.parameter(1), body.parameter(2)];
  body.if(isAnyNaN(format, a), () => body.return(nanOf(parts, a, a, flagsAddress)));
  body.if(isZero(format, a).or(a.eq(format.infinity)), () => body.return(a));
  body.if(signOf(format, a), () => returnInvalid(body, format, flagsAddress));
  const { exponent, significand } = unpack(body, format, a);
  const power = body.let(exponent.sub(format.bias));
  const odd = body.let(power.and(1));
  const radicand = body.let(significand.shrU(10));
  // In [1, 4), so that the exponent is even; adding to the exponent field doubles.
  const scaled = inUnitRange(radicand).reinterpret().add(odd.extendU().shl(52)).reinterpret();
  const root = body.let(fromUnitRange(scaled.sqrt()));
  // radicand × 2^52 - root² is at most the root, so 64 bits of the difference tell it.
  const shift = odd.extendU().add(52);
  const remainder = body.let(radicand.shl(shift).sub(root.mul(root)));
  body.if(remainder.ltS(0), () => {
    root.set(root.sub(1));
    remainder.set(remainder.add(root.shl(1)).add(1));
  });
  // (root + 1/2)² = root² + root + 1/4; an integer is never equal to it.
  const nextBit = remainder.gtU(root);
  const bits = root.shl(10).or(nextBit.extendU().shl(9)).or(remainder.ne(0).extendU());
  const number = {
    sign: constant("i32", 0),
    exponent: power.shrS(1).add(format.bias),
    significand: bits,
  };
  returnRounded(body, parts, number, rounding, flagsAddress);
}

/** A number of 128 bits. */
export interface Wide {
  readonly high: Variable;
  readonly low: Variable;
}

/** The product of two unsigned 64-bit numbers, from products of their halves. */
export function multiplyWide(body: Body, left: Expression, right: Expression): Wide {
  const [x, y] = [body.let(left), body.let(right)];
  const [xLow, yLow] = [body.let(x.and(0xffffffff)), body.let(y.and(0xffffffff))];
  const [xHigh, yHigh] = [body.let(x.shrU(32)), body.let(y.shrU(32))];
  const middle = body.let(xHigh.mul(yLow).add(xLow.mul(yLow).shrU(32)));
  const cross = body.let(xLow.mul(yHigh).add(middle.and(0xffffffff)));
  const high = xHigh.mul(yHigh).add(middle.shrU(32)).add(cross.shrU(32));
  return { high: body.let(high), low: body.let(x.mul(y)) };
}

/** 1 for +0 and -0. */
export function isZero(format: Format, bits: Expression): Expression {
  return magnitude(format, bits).isZero();
}

/** 1 for both infinities. */
export function isInfinite(format: Format, bits: Expression): Expression {
  return magnitude(format, bits).eq(format.infinity);
}

/** One of the two is zero, infinite or a NaN. */
export function anyExtreme(format: Format, a: Expression, b: Expression): Expression {
  const extreme = (bits: Expression) =>
    magnitude(format, bits)
      .sub(1)
      .geU(format.infinity - 1n);
  return extreme(a).or(extreme(b));
}

/** Raises NV if the condition holds. */
export function invalidIf(body: Body, condition: Expression, flagsAddress: Expression): void {
  body.if(condition, () => raise(body, flagsAddress, FLAG_INVALID));
}

/** The double in [1, 2) with this 53-bit significand, whose leading bit adds 1 to the exponent. */
function inUnitRange(significand: Expression): Expression {
  return significand.add(0x3fen << 52n).reinterpret();
}

/** The 53-bit significand of a double in [1, 2). */
function fromUnitRange(value: Expression): Expression {
  return value
    .reinterpret()
    .and((1n << 52n) - 1n)
    .or(1n << 52n);
}

/** The significand with its leading bit at bit 62, or below it in a subnormal number. */
function significandOf(format: Format, bits: Expression, exponent: Expression): Expression {
  const fraction = bits.and(format.fractionMask).shl(format.roundBits);
  return fraction.or(exponent.ne(0).extendU().shl(62));
}

/** Subnormal numbers have the exponent of the smallest normal ones. */
function atLeastOne(exponent: Expression): Expression {
  return exponent.add(exponent.isZero());
}

function binaryParameters(body: Body): [Variable, Variable, Variable, Variable] {
  return [body.parameter(0), body.parameter(1), body.parameter(2), body.parameter(3)];
}
