/**
 * The two binary formats of RISC-V's F and D (IEEE 754-2008, table 3.5) as constants, and the
 * numbers of rounding modes and exception flags (RISC-V Unprivileged 20.2, Fcsr).
 */

export interface Format {
  /** Prefix of the functions' names. */
  readonly name: "f32" | "f64";
  /** The integer type of the same width. */
  readonly word: "i32" | "i64";
  readonly widthBits: number;
  readonly fractionBits: number;
  /** Largest exponent field: infinities and NaNs. */
  readonly exponentMaximum: number;
  readonly bias: number;
  readonly signMask: bigint;
  readonly fractionMask: bigint;
  /** The bits of +infinity, also the mask of the exponent field. */
  readonly infinity: bigint;
  /** The first bit of the fraction, set in a quiet NaN. */
  readonly quietBit: bigint;
  /** The NaN that every operation gives (RISC-V Unprivileged 20.3). */
  readonly canonicalNaN: bigint;
  /** Bits below the fraction when the leading bit of a significand is bit 62. */
  readonly roundBits: number;
}

function makeFormat(name: "f32" | "f64", widthBits: number, fractionBits: number): Format {
  const exponentBits = widthBits - 1 - fractionBits;
  const exponentMaximum = (1 << exponentBits) - 1;
  const infinity = BigInt(exponentMaximum) << BigInt(fractionBits);
  const quietBit = 1n << BigInt(fractionBits - 1);
  return {
    name,
    word: name === "f32" ? "i32" : "i64",
    widthBits,
    fractionBits,
    exponentMaximum,
    bias: exponentMaximum >> 1,
    signMask: 1n << BigInt(widthBits - 1),
    fractionMask: (1n << BigInt(fractionBits)) - 1n,
    infinity,
    quietBit,
    canonicalNaN: infinity | quietBit,
    roundBits: 62 - fractionBits,
  };
}

export const single: Format = Object.freeze(makeFormat("f32", 32, 23));
export const double: Format = Object.freeze(makeFormat("f64", 64, 52));

/** Upper half of a register that holds a NaN-boxed single (RISC-V Unprivileged 21.2). */
export const boxMask = 0xffff_ffff_0000_0000n;

/** Rounding modes as in frm, dynamic already resolved. */
export const ROUND_NEAREST_EVEN = 0;
export const ROUND_TO_ZERO = 1;
export const ROUND_DOWN = 2;
export const ROUND_UP = 3;
export const ROUND_NEAREST_MAX_MAGNITUDE = 4;

/** Exception flags as in fflags. */
export const FLAG_INEXACT = 1;
export const FLAG_UNDERFLOW = 2;
export const FLAG_OVERFLOW = 4;
export const FLAG_DIVIDE_BY_ZERO = 8;
export const FLAG_INVALID = 16;
