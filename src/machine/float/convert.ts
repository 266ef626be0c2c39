/**
 * Exact conversions over raw bits: between the formats, and from and to integers of 32 and 64 bits
 * (RISC-V Unprivileged 20.7, 21.5). What does not fit saturates and raises NV; NaN converts to the
 * largest integer.
 */

import type { Body, Expression, Variable } from "../wasm/expression.js";
import { constant } from "../wasm/expression.js";
import { isZero } from "./arithmetic.js";
import { asBits, asFloat } from "./compare.js";
import type { Format } from "./format.js";
import { double, FLAG_INEXACT, FLAG_INVALID, single } from "./format.js";
import type { Parts } from "./parts.js";
import {
  isAnyNaN,
  magnitude,
  nanOf,
  raise,
  returnRounded,
  roundsAway,
  signBit,
  signOf,
  unpack,
} from "./parts.js";

/** An integer type of conversions, named as in the instructions' suffixes. */
export interface IntegerType {
  readonly name: "W" | "Wu" | "L" | "Lu";
  readonly widthBits: 32 | 64;
  readonly signed: boolean;
  readonly smallest: bigint;
  readonly largest: bigint;
}

export const integerTypes: readonly IntegerType[] = Object.freeze([
  { name: "W", widthBits: 32, signed: true, smallest: -(2n ** 31n), largest: 2n ** 31n - 1n },
  { name: "Wu", widthBits: 32, signed: false, smallest: 0n, largest: 2n ** 32n - 1n },
  { name: "L", widthBits: 64, signed: true, smallest: -(2n ** 63n), largest: 2n ** 63n - 1n },
  { name: "Lu", widthBits: 64, signed: false, smallest: 0n, largest: 2n ** 64n - 1n },
]);

/** (a, rounding, flagsAddress) → the integer as register bits (32-bit ones sign-extended) */
export function emitToInteger(body: Body, format: Format, target: IntegerType): void {
  const [a, rounding, flagsAddress] = [body.parameter(0), body.parameter(1), body.parameter(2)];
  const sign = body.let(signOf(format, a));
  const integer = body.variable("i64");
  // The part behind the point, as a fraction of 2^64.
  const fraction = body.variable("i64");
  const invalid = body.variable("i32");
  body.if(isZero(format, a).isZero(), () => {
    const { exponent, significand } = unpack(body, format, a);
    const power = body.let(exponent.sub(format.bias));
    splitAtPoint(body, { power, significand, integer, fraction, invalid });
  });
  const half = 1n << 63n;
  const nearest = fraction
    .geU(half)
    .and(fraction.ne(half).or(rounding.ne(0)).or(integer.wrap().and(1)));
  const away = roundsAway(rounding, sign).and(fraction.ne(0));
  const up = rounding.and(3).isZero().choose(nearest, away);
  integer.set(integer.add(up.extendU()));
  const bound = sign.choose(constant("i64", -target.smallest), target.largest);
  body.if(invalid.or(integer.gtU(bound)), () => {
    raise(body, flagsAddress, FLAG_INVALID);
    const smallest = sign.and(isAnyNaN(format, a).isZero());
    body.return(
      smallest.choose(integerBits(target, target.smallest), integerBits(target, target.largest)),
    );
  });
  body.if(fraction.ne(0), () => raise(body, flagsAddress, FLAG_INEXACT));
  const value = sign.choose(constant("i64", 0).sub(integer), integer);
  body.result(target.widthBits === 32 ? value.wrap().extendS() : value);
}

/** A constant as it stands in a register. */
function integerBits(target: IntegerType, value: bigint): Expression {
  return constant("i64", BigInt.asIntN(target.widthBits, value));
}

/** Splits significand × 2^(power - 62) into integer and fraction; 2^64 and more is invalid. */
function splitAtPoint(
  body: Body,
  number: {
    power: Variable;
    significand: Variable;
    integer: Variable;
    fraction: Variable;
    invalid: Variable;
  },
): void {
  const { power, significand, integer, fraction, invalid } = number;
  const wide = power.extendS();
  body.if(
    power.geS(62),
    () => {
      invalid.set(power.gtS(63));
      integer.set(significand.shl(wide.sub(62)));
    },
    () =>
      body.if(
        power.ltS(-1),
        () => fraction.set(constant("i64", 1)),
        () => {
          integer.set(significand.shrU(constant("i64", 62).sub(wide)));
          fraction.set(significand.shl(wide.add(2)));
        },
      ),
  );
}

/** (integer as register bits, rounding, flagsAddress) → bits */
export function emitFromInteger(body: Body, parts: Parts, source: IntegerType): void {
  const { format } = parts;
  const [a, rounding, flagsAddress] = [body.parameter(0), body.parameter(1), body.parameter(2)];
  if (source.widthBits === 32) {
    a.set(source.signed ? a.wrap().extendS() : a.wrap().extendU());
  }
  body.if(a.isZero(), () => body.return(constant("i64", 0)));
  const sign = source.signed ? body.let(a.ltS(0)) : constant("i32", 0);
  if (source.signed) body.if(sign, () => a.set(constant("i64", 0).sub(a)));
  const leadingZeros = body.let(a.clz());
  const exponent = constant("i32", format.bias + 63).sub(leadingZeros.wrap());
  const full = body.let(a.shl(leadingZeros));
  const significand = full.shrU(1).or(full.and(1));
  returnRounded(body, parts, { sign, exponent, significand }, rounding, flagsAddress);
}

/** (single, rounding, flagsAddress) → double; always exact */
export function emitWiden(body: Body, parts: Parts): void {
  const [a, flagsAddress] = [body.parameter(0), body.parameter(2)];
  body.if(isAnyNaN(single, a), () => {
    nanOf(parts, a, a, flagsAddress).emit(body.code);
    body.code.drop();
    body.return(constant("i64", double.canonicalNaN));
  });
  body.result(asBits(asFloat(single, a).apply("f64PromoteF32", "f64")));
}

/** (double, rounding, flagsAddress) → single; `parts` are those of the single format */
export function emitNarrow(body: Body, parts: Parts, nanOfDouble: number): void {
  const [a, rounding, flagsAddress] = [body.parameter(0), body.parameter(1), body.parameter(2)];
  const sign = body.let(signOf(double, a));
  body.if(magnitude(double, a).geU(double.infinity), () => {
    body.if(isAnyNaN(double, a), () => {
      body.code.localGet(a.local).localGet(a.local).localGet(flagsAddress.local);
      body.code.call(nanOfDouble).drop();
      body.return(constant("i64", single.canonicalNaN));
    });
    body.return(signBit(single, sign).or(single.infinity));
  });
  body.if(isZero(double, a), () => body.return(signBit(single, sign)));
  const { exponent, significand } = unpack(body, double, a);
  const rebased = exponent.add(single.bias - double.bias);
  const number = { sign, exponent: rebased, significand };
  returnRounded(body, parts, number, rounding, flagsAddress);
}
