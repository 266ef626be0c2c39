/**
 * Exact fused multiply-add: the product of 106 bits and the addend meet in 128 bits and are
 * rounded once (RISC-V Unprivileged 20.6).
 */

import type { Body, Expression, Variable } from "../wasm/expression.js";
import { constant } from "../wasm/expression.js";
import type { Wide } from "./arithmetic.js";
import { anyExtreme, invalidIf, isInfinite, isZero, multiplyWide } from "./arithmetic.js";
import type { Format } from "./format.js";
import type { Parts } from "./parts.js";
import {
  cancelledZero,
  isAnyNaN,
  isSignaling,
  magnitude,
  nanOf,
  returnInvalid,
  returnRounded,
  signBit,
  signOf,
  unpack,
} from "./parts.js";

interface Operands {
  readonly a: Variable;
  readonly b: Variable;
  readonly c: Variable;
  readonly rounding: Variable;
  readonly flagsAddress: Variable;
  /** Sign of the product. */
  readonly sign: Variable;
}

/** (a, b, c, rounding, flagsAddress) → a × b + c */
export function emitFusedMultiplyAdd(body: Body, parts: Parts): void {
  const { format } = parts;
  const [a, b, c] = [body.parameter(0), body.parameter(1), body.parameter(2)];
  const [rounding, flagsAddress] = [body.parameter(3), body.parameter(4)];
  const sign = body.let(signOf(format, a.xor(b)));
  const operands = { a, b, c, rounding, flagsAddress, sign };
  body.if(anyExtreme(format, a, b).or(magnitude(format, c).geU(format.infinity)), () =>
    emitSpecialCases(body, parts, operands),
  );
  const left = unpack(body, format, a);
  const right = unpack(body, format, b);
  const exponent = body.let(left.exponent.add(right.exponent).sub(format.bias));
  const product = multiplyWide(body, left.significand.shl(1), right.significand);
  // The leading bit is bit 126 or 125; after this it is bit 126.
  body.if(
    product.high.shrU(62).isZero(),
    () => shiftLeft(product, 1),
    () => exponent.set(exponent.add(1)),
  );
  body.if(isZero(format, c).isZero(), () => emitSum(body, format, operands, product, exponent));
  const significand = product.high.or(product.low.ne(0).extendU());
  returnRounded(body, parts, { sign, exponent, significand }, rounding, flagsAddress);
}

/** An infinity or NaN among the operands, or a zero factor: returns. */
function emitSpecialCases(body: Body, parts: Parts, operands: Operands): void {
  const { format } = parts;
  const { a, b, c, rounding, flagsAddress, sign } = operands;
  const zero = body.let(isZero(format, a).or(isZero(format, b)));
  const infinite = body.let(isInfinite(format, a).or(isInfinite(format, b)));
  const someNaN = isAnyNaN(format, a).or(isAnyNaN(format, b)).or(isAnyNaN(format, c));
  body.if(someNaN, () => {
    // Infinity × 0 is invalid even when the addend is a quiet NaN.
    const signaling = isSignaling(format, c).or(zero.and(infinite));
    invalidIf(body, signaling, flagsAddress);
    body.return(nanOf(parts, a, b, flagsAddress));
  });
  body.if(zero.and(infinite), () => returnInvalid(body, format, flagsAddress));
  body.if(infinite, () => {
    const opposite = isInfinite(format, c).and(signOf(format, c).ne(sign));
    body.if(opposite, () => returnInvalid(body, format, flagsAddress));
    body.return(signBit(format, sign).or(format.infinity));
  });
  body.if(isInfinite(format, c), () => body.return(c));
  // A zero product and a finite addend.
  const sameZeros = signOf(format, c).eq(sign);
  body.if(isZero(format, c), () =>
    body.return(sameZeros.choose(c, cancelledZero(format, rounding))),
  );
  body.return(c);
}

/** Adds c to the product, and normalizes; returns if they cancel. */
function emitSum(
  body: Body,
  format: Format,
  operands: Operands,
  product: Wide,
  exponent: Variable,
): void {
  const { c, rounding, sign } = operands;
  const unpacked = unpack(body, format, c);
  const addend = { high: unpacked.significand, low: body.variable("i64") };
  const distance = body.let(exponent.sub(unpacked.exponent));
  body.if(
    distance.geS(0),
    () => shiftRightStickyWide(body, addend, distance),
    () => {
      distance.set(constant("i32", 0).sub(distance));
      shiftRightStickyWide(body, product, distance);
      exponent.set(unpacked.exponent);
    },
  );
  body.if(
    signOf(format, c).eq(sign),
    () => {
      add(product, addend);
      body.if(product.high.ltS(0), () => {
        product.low.set(product.low.shrU(1).or(product.high.shl(63)).or(product.low.and(1)));
        product.high.set(product.high.shrU(1));
        exponent.set(exponent.add(1));
      });
    },
    () => {
      subtract(product, addend);
      body.if(product.high.ltS(0), () => {
        negate(product);
        sign.set(sign.xor(1));
      });
      body.if(product.high.or(product.low).isZero(), () =>
        body.return(cancelledZero(format, rounding)),
      );
      normalizeWide(body, product, exponent);
    },
  );
}

/** left += right */
function add(left: Wide, right: Wide): void {
  left.low.set(left.low.add(right.low));
  const carry = left.low.ltU(right.low).extendU();
  left.high.set(left.high.add(right.high).add(carry));
}

/** left -= right */
function subtract(left: Wide, right: Wide): void {
  const borrow = left.low.ltU(right.low).extendU();
  left.high.set(left.high.sub(right.high).sub(borrow));
  left.low.set(left.low.sub(right.low));
}

function negate(number: Wide): void {
  number.high.set(constant("i64", 0).sub(number.high).sub(number.low.ne(0).extendU()));
  number.low.set(constant("i64", 0).sub(number.low));
}

/** Shift left by a constant of 1 to 63. */
function shiftLeft(number: Wide, count: number): void {
  number.high.set(number.high.shl(count).or(number.low.shrU(64 - count)));
  number.low.set(number.low.shl(count));
}

/** Shift right by 0 or more; the lowest bit of the result also says if a one fell out. */
function shiftRightStickyWide(body: Body, number: Wide, count: Variable): void {
  const { high, low } = number;
  const sticky = body.variable("i64");
  body.if(count.geU(64), () => {
    sticky.set(low);
    low.set(high);
    high.set(constant("i64", 0));
    count.set(count.sub(64));
    body.if(count.geU(64), () => {
      sticky.set(sticky.or(low));
      low.set(constant("i64", 0));
      count.set(constant("i32", 0));
    });
  });
  body.if(count.ne(0), () => {
    const wide = count.extendU();
    // A shift by 64 - count, which is modulo 64.
    const opposite = constant("i64", 0).sub(wide);
    sticky.set(sticky.or(low.shl(opposite)));
    low.set(low.shrU(wide).or(high.shl(opposite)));
    high.set(high.shrU(wide));
  });
  low.set(low.or(sticky.ne(0).extendU()));
}

/** Shifts a number that is not zero left until its leading bit is bit 126. */
function normalizeWide(body: Body, number: Wide, exponent: Variable): void {
  const { high, low } = number;
  body.if(high.isZero(), () => {
    high.set(low);
    low.set(constant("i64", 0));
    exponent.set(exponent.sub(64));
  });
  body.if(
    high.ltS(0),
    () => {
      // Only after the move by 64 bits.
      low.set(high.shl(63));
      high.set(high.shrU(1));
      exponent.set(exponent.add(1));
    },
    () => {
      const shift = body.let(high.clz().sub(1));
      body.if(shift.ne(0), () => {
        const opposite: Expression = constant("i64", 64).sub(shift);
        high.set(high.shl(shift).or(low.shrU(opposite)));
        low.set(low.shl(shift));
        exponent.set(exponent.sub(shift.wrap()));
      });
    },
  );
}
