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

/** Returns the native result if it is ordinary. */
export function fastResult(
  body: Body,
  format: Format,
  operands: readonly Variable[],
  native: () => Expression,
): void {
  const rounding = body.parameter(operands.length);
  const flagsAddress = body.parameter(operands.length + 1);
  const condition = inexactNearest(rounding, flagsAddress);
  const boxed = areBoxed(format, operands);
  body.if(format.widthBits === 64 ? condition : condition.and(boxed), () => {
    const bits = body.let(native().reinterpret());
    body.if(isOrdinary(format, bits), () => body.return(registerBits(bits)));
  });
}

/**
 * Singles: the product is exact as a double, and the sum is rounded twice, to double and to single.
 * That differs from rounding once only if the double lies halfway between two singles, and then
 * the exact path decides.
 */
export function fastFused(body: Body, format: Format, a: Variable, b: Variable, c: Variable): void {
  if (format.widthBits === 64) return;
  const condition = inexactNearest(body.parameter(3), body.parameter(4));
  body.if(condition.and(areBoxed(format, [a, b, c])), () => {
    const widened = (bits: Variable) => asFloat(single, bits).apply("f64PromoteF32", "f64");
    const sum = body.let(widened(a).mul(widened(b)).add(widened(c)));
    const lowBits = sum.reinterpret().and(0x1fff_ffff);
    body.if(lowBits.ne(0x1000_0000), () => {
      const bits = body.let(sum.apply("f32DemoteF64", "f32").reinterpret());
      body.if(isOrdinary(single, bits), () => body.return(registerBits(bits)));
    });
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
