/**
 * Fast paths: the host's own float instruction where neither the flags nor the rounding can come
 * out different (see float.ts), with a cheap test of the operands or of the result. Each emitter
 * returns from the function with the result, or goes on to the exact path.
 *
 * Parameters are register bits; the rounding mode and the address of the flags follow the operands.
 */

import type { Body, Expression, Variable } from "../wasm/expression.js";
import { constant, load32 } from "../wasm/expression.js";
import { asFloat } from "./compare.js";
import type { IntegerType } from "./convert.js";
import type { Format } from "./format.js";
import { boxMask, FLAG_INEXACT, ROUND_TO_ZERO, single } from "./format.js";

/** NX is set already and rounding is to nearest even: 1 > 0 in no other case. */
function inexactNearest(rounding: Expression, flagsAddress: Expression): Expression {
  return load32(flagsAddress).and(FLAG_INEXACT).gtU(rounding);
}

/** Both singles are boxed, or the operands are doubles. */
function areBoxed(format: Format, operands: readonly Expression[]): Expression {
  const all = operands.reduce((left, right) => left.and(right));
  return format.widthBits === 64 ? constant("i32", 1) : all.geU(boxMask);
}

/** The exponent field is from 2 to the largest of finite numbers. */
function isOrdinary(format: Format, bits: Expression): Expression {
  const unit = 1n << BigInt(format.fractionBits);
  const countFields = BigInt(format.exponentMaximum - 2);
  return bits
    .sub(2n * unit)
    .and(format.infinity)
    .ltU(countFields * unit);
}

/** Raw bits of a host's float as register bits. */
function registerBits(bits: Expression): Expression {
  return bits.type === "i64" ? bits : bits.extendU().or(boxMask);
}

/** Writes statements that return `bits` if the native result has no error, and else go on. */
export type ReturnExact = (result: Variable, bits: Expression) => void;

/**
 * Returns the native result if it is ordinary, and where NX is not set yet if it is exact: then
 * there are no flags. So programs whose numbers are integers are not slow.
 */
export function fastResult(
  body: Body,
  format: Format,
  operands: readonly Variable[],
  native: () => Expression,
  returnExact: ReturnExact,
): void {
  const rounding = body.parameter(operands.length);
  const flagsAddress = body.parameter(operands.length + 1);
  const boxed = areBoxed(format, operands);
  const isNearest = rounding.isZero();
  body.if(format.widthBits === 64 ? isNearest : isNearest.and(boxed), () => {
    const result = body.let(native());
    const bits = body.let(result.reinterpret());
    body.if(load32(flagsAddress).and(FLAG_INEXACT).and(isOrdinary(format, bits)), () =>
      body.return(registerBits(bits)),
    );
    returnExact(result, registerBits(bits));
  });
}

/** A sum without error; zeros and subnormals are exact whatever the flags. */
export function returnExactSum(
  body: Body,
  [x, y]: readonly [Expression, Expression],
  sum: Variable,
  bits: Expression,
): void {
  // Of infinities and NaNs it is NaN.
  body.if(sumError(body, x, y, sum).eq(0), () => body.return(bits));
}

/** A product of which a factor is zero, or which has no error. */
export function returnExactProduct(
  body: Body,
  format: Format,
  [x, y]: readonly [Variable, Variable],
  product: Variable,
  bits: Expression,
): void {
  const isZero = x.eq(0).or(y.eq(0)).and(product.eq(0));
  body.if(isZero, () => body.return(bits));
  returnIfProduct(body, format, [x, y, product], bits);
}

/** Zero by another number, or a quotient that times the divisor is the dividend. */
export function returnExactQuotient(
  body: Body,
  format: Format,
  [x, y]: readonly [Variable, Variable],
  quotient: Variable,
  bits: Expression,
): void {
  const isZero = x.eq(0).and(quotient.eq(0));
  body.if(isZero, () => body.return(bits));
  returnIfProduct(body, format, [quotient, y, x], bits);
}

/** Zero, or a root whose square is the number. */
export function returnExactRoot(
  body: Body,
  format: Format,
  x: Variable,
  root: Variable,
  bits: Expression,
): void {
  body.if(x.eq(0), () => body.return(bits));
  returnIfProduct(body, format, [root, root, x], bits);
}

/** Returns `bits` if x × y is the product, exactly; of doubles it may also not see it. */
function returnIfProduct(
  body: Body,
  format: Format,
  [x, y, product]: readonly [Variable, Variable, Variable],
  bits: Expression,
): void {
  if (format.widthBits === 32) {
    const [wideX, wideY] = [widened(x), widened(y)];
    const hasNoInfinity = product.sub(product).eq(0);
    body.if(wideX.mul(wideY).eq(widened(product)).and(hasNoInfinity), () => body.return(bits));
    return;
  }
  body.if(isFactor(x.reinterpret()).and(isFactor(y.reinterpret())), () => {
    const [rounded, error] = exactProduct(body, x, y);
    body.if(error.eq(0).and(rounded.eq(product)), () => body.return(bits));
  });
}

const widened = (value: Expression): Expression => value.apply("f64PromoteF32", "f64");

/** A fused multiply-add by the host's own additions and multiplications. */
export function fastFused(body: Body, format: Format, a: Variable, b: Variable, c: Variable): void {
  if (format.widthBits === 64) fastFusedDouble(body, format, a, b, c);
  else fastFusedSingle(body, format, a, b, c);
}

/** Bounds of the exponents for which nothing below overflows, and every error term is exact. */
const FACTOR_EXPONENT_MIN = 1023n - 400n;
const FACTOR_EXPONENT_MAX = 1023n + 400n;
const ADDEND_EXPONENT_MAX = 1023n + 900n;
/** 2^27 + 1: halves a double of 53 bits (Veltkamp). */
const SPLITTER = 134_217_729;

/**
 * Doubles, by error-free transformations: the exact product is a sum of two doubles (Dekker), to
 * which the addend is added exactly (Knuth's two-sum); of the three terms left the two smaller ones
 * are added with rounding to odd, so that the last addition rounds the exact sum once (Boldo and
 * Melquiond, Emulation of a FMA and Correctly Rounded Sums, theorem 4).
 */
function fastFusedDouble(body: Body, format: Format, a: Variable, b: Variable, c: Variable): void {
  const [rounding, flagsAddress] = [body.parameter(3), body.parameter(4)];
  body.if(rounding.isZero(), () => {
    const [x, y, z] = [a, b, c].map((bits) => body.let(bits.reinterpret()));
    if (x === undefined || y === undefined || z === undefined) return;
    const isAddend = exponent(c).leU(ADDEND_EXPONENT_MAX);
    body.if(isFactor(a).and(isFactor(b)).and(isAddend), () => {
      const [product, productError] = exactProduct(body, x, y);
      const [high, low] = exactSum(body, z, productError);
      const [sum, restOfSum] = exactSum(body, product, high);
      const rest = sumToOdd(body, low, restOfSum);
      const bits = body.let(sum.add(rest).reinterpret());
      const isInexact = load32(flagsAddress).and(FLAG_INEXACT);
      // Nothing is left below the sum: it is exact.
      body.if(rest.eq(0).or(isInexact.and(isOrdinary(format, bits))), () => body.return(bits));
    });
    const result = body.let(x.mul(y).add(z));
    const isZero = x.eq(0).or(y.eq(0));
    body.if(isZero.and(result.eq(result)), () => body.return(result.reinterpret()));
  });
}

const exponent = (bits: Expression): Expression => bits.shrU(52n).and(0x7ffn);

function isFactor(bits: Expression): Expression {
  return exponent(bits)
    .sub(FACTOR_EXPONENT_MIN)
    .leU(FACTOR_EXPONENT_MAX - FACTOR_EXPONENT_MIN);
}

/** x × y as its rounded value and the error of that (Dekker). */
function exactProduct(body: Body, x: Variable, y: Variable): [Variable, Variable] {
  const split = (value: Variable): [Variable, Variable] => {
    const scaled = body.let(value.mul(SPLITTER));
    const top = body.let(scaled.sub(scaled.sub(value)));
    return [top, body.let(value.sub(top))];
  };
  const product = body.let(x.mul(y));
  const [xTop, xRest] = split(x);
  const [yTop, yRest] = split(y);
  const error = xTop.mul(yTop).sub(product).add(xTop.mul(yRest)).add(xRest.mul(yTop));
  return [product, body.let(error.add(xRest.mul(yRest)))];
}

/** x + y as its rounded value and the error of that (Knuth). */
function exactSum(body: Body, x: Variable, y: Variable): [Variable, Variable] {
  const sum = body.let(x.add(y));
  return [sum, body.let(sumError(body, x, y, sum))];
}

/** What rounding took from x + y. */
function sumError(body: Body, x: Expression, y: Expression, sum: Variable): Expression {
  const part = body.let(sum.sub(x));
  return x.sub(sum.sub(part)).add(y.sub(part));
}

/** x + y rounded to odd: an inexact sum gets an odd last bit, on the side of the exact one. */
function sumToOdd(body: Body, x: Variable, y: Variable): Variable {
  const [sum, error] = exactSum(body, x, y);
  const bits = body.let(sum.reinterpret());
  const isEven = bits.and(1n).eq(0n);
  body.if(error.ne(0).and(isEven), () => {
    const sameSign = bits.xor(error.reinterpret()).geS(0n);
    bits.set(bits.add(sameSign.choose(constant("i64", 1n), constant("i64", -1n))));
  });
  return body.let(bits.reinterpret());
}

/**
 * Singles: the product is exact as a double, and the sum is rounded twice, to double and to single.
 * That differs from rounding once only if the double lies halfway between two singles, and then
 * the exact path decides.
 */
function fastFusedSingle(body: Body, format: Format, a: Variable, b: Variable, c: Variable): void {
  const [rounding, flagsAddress] = [body.parameter(3), body.parameter(4)];
  body.if(rounding.isZero().and(areBoxed(format, [a, b, c])), () => {
    const wide = (bits: Variable) => widened(asFloat(single, bits));
    const product = body.let(wide(a).mul(wide(b)));
    const sum = body.let(product.add(wide(c)));
    const narrow = body.let(sum.apply("f32DemoteF64", "f32"));
    const bits = body.let(narrow.reinterpret());
    const isHalfway = sum.reinterpret().and(0x1fff_ffff).eq(0x1000_0000);
    const isInexact = load32(flagsAddress).and(FLAG_INEXACT);
    body.if(isInexact.and(isHalfway.isZero()).and(isOrdinary(single, bits)), () =>
      body.return(registerBits(bits)),
    );
    const isExact = widened(narrow)
      .eq(sum)
      .and(sumError(body, product, wide(c), sum).eq(0));
    body.if(isExact, () => body.return(registerBits(bits)));
  });
}

/** Double to single: an exact value in any mode without flags, else an ordinary result. */
export function fastNarrow(body: Body): void {
  const [a, rounding, flagsAddress] = [body.parameter(0), body.parameter(1), body.parameter(2)];
  const value = a.reinterpret();
  const narrowed = body.let(value.apply("f32DemoteF64", "f32"));
  const bits = body.let(narrowed.reinterpret());
  const isExact = narrowed.apply("f64PromoteF32", "f64").eq(value);
  body.if(isExact.or(inexactNearest(rounding, flagsAddress).and(isOrdinary(single, bits))), () =>
    body.return(registerBits(bits)),
  );
}

/**
 * Float to integer over raw bits: the truncated value, unless it is the first or last of its type
 * (it may be saturated), if it is exact, or if the mode truncates and NX is set already.
 */
export function fastToInteger(body: Body, format: Format, type: IntegerType): void {
  const [a, rounding, flagsAddress] = [body.parameter(0), body.parameter(1), body.parameter(2)];
  const word = type.widthBits === 32 ? "i32" : "i64";
  const suffix = type.signed ? "S" : "U";
  const value = asFloat(format, a);
  const from = format.name.toUpperCase();
  const integer = body.let(value.apply(`${word}TruncSat${from}${suffix}`, word));
  const back = integer.apply(`${format.name}Convert${word.toUpperCase()}${suffix}`, format.name);
  const fromSecond = integer.sub(type.smallest + 1n);
  const isInside = fromSecond.ltU(type.largest - type.smallest - 1n);
  // NaN truncates to 0, which is inside.
  const truncates = load32(flagsAddress)
    .and(FLAG_INEXACT)
    .and(rounding.eq(ROUND_TO_ZERO))
    .and(value.eq(value));
  body.if(isInside.and(back.eq(value).or(truncates)), () =>
    body.return(word === "i32" ? integer.extendS() : integer),
  );
}

/** Every integer of the type is a number of the format. */
export function holdsAll(format: Format, type: IntegerType): boolean {
  return format.fractionBits >= type.widthBits;
}

/** The native conversion of an integer, as register bits. */
export function nativeFromInteger(format: Format, type: IntegerType, integer: Expression) {
  const word = type.widthBits === 32 ? "i32" : "i64";
  const operand = word === "i32" ? integer.wrap() : integer;
  const instruction = `${format.name}Convert${word.toUpperCase()}${type.signed ? "S" : "U"}`;
  return registerBits(operand.apply(instruction, format.name).reinterpret());
}

/** Integer to float: exact if it has few bits, else rounded natively. */
export function fastFromInteger(body: Body, format: Format, type: IntegerType): void {
  const [a, rounding, flagsAddress] = [body.parameter(0), body.parameter(1), body.parameter(2)];
  const operand = type.widthBits === 32 ? a.wrap() : a;
  const exactBound = 1n << BigInt(format.fractionBits + 1);
  const isSmall = type.signed
    ? operand.add(exactBound).leU(2n * exactBound)
    : operand.leU(exactBound);
  body.if(isSmall.or(inexactNearest(rounding, flagsAddress)), () =>
    body.return(nativeFromInteger(format, type, a)),
  );
}
