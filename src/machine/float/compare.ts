/**
 * Comparisons, minimum and maximum, classification and sign injection over raw bits.
 *
 * RISC-V Unprivileged 20.6 to 20.9: eq is quiet, lt and le signal for every NaN; min and max are
 * IEEE 754-2019's minimumNumber and maximumNumber with -0 below +0.
 */

import type { Body, Expression } from "../wasm/expression.js";
import { constant } from "../wasm/expression.js";
import { invalidIf } from "./arithmetic.js";
import type { Format } from "./format.js";
import { exponentOf, isAnyNaN, isSignaling, magnitude, signOf } from "./parts.js";

/** The host's float with these bits. */
export function asFloat(format: Format, bits: Expression): Expression {
  return format.word === "i64" ? bits.reinterpret() : bits.wrap().reinterpret();
}

/** The raw bits of a host's float. */
export function asBits(value: Expression): Expression {
  const bits = value.reinterpret();
  return bits.type === "i64" ? bits : bits.extendU();
}

export type Comparison = "eq" | "lt" | "le";

/** (a, b, flagsAddress) → 1 or 0 as i64 */
export function emitCompare(body: Body, format: Format, comparison: Comparison): void {
  const [a, b, flagsAddress] = [body.parameter(0), body.parameter(1), body.parameter(2)];
  const [left, right] = [asFloat(format, a), asFloat(format, b)];
  const holds = {
    eq: () => left.eq(right),
    lt: () => left.lt(right),
    le: () => left.le(right),
  }[comparison]();
  body.if(holds, () => body.return(constant("i64", 1)));
  const invalid =
    comparison === "eq"
      ? isSignaling(format, a).or(isSignaling(format, b))
      : isAnyNaN(format, a).or(isAnyNaN(format, b));
  invalidIf(body, invalid, flagsAddress);
  body.result(constant("i64", 0));
}

/** (a, b, flagsAddress) → the smaller or the larger */
export function emitMinimum(body: Body, format: Format, largest: boolean): void {
  const [a, b, flagsAddress] = [body.parameter(0), body.parameter(1), body.parameter(2)];
  const [left, right] = [asFloat(format, a), asFloat(format, b)];
  const [first, second] = largest ? [b, a] : [a, b];
  body.if(left.lt(right), () => body.return(first));
  body.if(left.gt(right), () => body.return(second));
  // Equal numbers have equal bits, except for zeros: -0 is smaller.
  body.if(left.eq(right), () => body.return(largest ? a.and(b) : a.or(b)));
  invalidIf(body, isSignaling(format, a).or(isSignaling(format, b)), flagsAddress);
  body.if(isAnyNaN(format, a).isZero(), () => body.return(a));
  body.result(isAnyNaN(format, b).choose(constant("i64", format.canonicalNaN), b));
}

/**
 * (a) → a mask with one bit set: 0 -infinity, 1 negative normal, 2 negative subnormal, 3 -0, 4 +0,
 * 5 positive subnormal, 6 positive normal, 7 +infinity, 8 signaling NaN, 9 quiet NaN.
 */
export function emitClassify(body: Body, format: Format): void {
  const a = body.parameter(0);
  body.if(isAnyNaN(format, a), () =>
    body.return(isSignaling(format, a).choose(constant("i64", 1 << 8), 1 << 9)),
  );
  // The distance from 0 outwards: zero, subnormal, normal, infinite.
  const rank = body.let(
    magnitude(format, a)
      .ne(0)
      .add(exponentOf(format, a).ne(0))
      .add(magnitude(format, a).eq(format.infinity)),
  );
  const position = signOf(format, a).choose(constant("i32", 3).sub(rank), rank.add(4));
  body.result(constant("i64", 1).shl(position.extendU()));
}

export type SignInjection = "copy" | "negate" | "xor";

/** a with b's sign, its opposite, or the product of both signs. */
export function signInjected(
  format: Format,
  a: Expression,
  b: Expression,
  kind: SignInjection,
): Expression {
  const sign = { copy: b, negate: b.xor(-1), xor: a.xor(b) }[kind].and(format.signMask);
  return magnitude(format, a).or(sign);
}
