/**
 * Operands that floating-point units get wrong: special values, few bits set, all bits set but
 * few, results at the edges of the subnormal range and of overflow, ties, cancellation.
 */

import type { Random } from "../isa/random.js";
import type { Kind, Operation } from "./operations.js";

interface Shape {
  readonly width: number;
  readonly fraction: number;
  readonly bias: number;
}

const shapes: Readonly<Record<"s" | "d", Shape>> = {
  s: { width: 32, fraction: 23, bias: 127 },
  d: { width: 64, fraction: 52, bias: 1023 },
};

const BOX = 0xffff_ffff_0000_0000n;

function pack(shape: Shape, sign: number, exponent: number, fraction: bigint): bigint {
  const mask = (1n << BigInt(shape.fraction)) - 1n;
  const field = BigInt(Math.min(Math.max(exponent, 0), 2 * shape.bias + 1));
  const high = (BigInt(sign) << BigInt(shape.width - 1)) | (field << BigInt(shape.fraction));
  return high | (fraction & mask);
}

/** Fractions: random, few ones, few zeros, runs, short. */
function fractionOf(random: Random, shape: Shape): bigint {
  const bits = shape.fraction;
  const few = (1n << BigInt(random.below(bits))) ^ (1n << BigInt(random.below(bits)));
  switch (random.below(8)) {
    case 0:
      return few;
    case 1:
      return ~few;
    case 2:
      return (1n << BigInt(random.below(bits + 1))) - 1n;
    case 3:
      return -(1n << BigInt(random.below(bits + 1)));
    case 4:
      return random.bits64() << BigInt(bits - random.between(1, 20));
    case 5:
      return BigInt(random.between(0, 3)) - 1n;
    default:
      return random.bits64();
  }
}

/** Zero, infinity, NaNs, the ends of the subnormal and normal ranges, one. */
function special(random: Random, shape: Shape): bigint {
  const { bias } = shape;
  const quiet = 1n << BigInt(shape.fraction - 1);
  const cases: readonly (readonly [number, bigint])[] = [
    [0, 0n],
    [0, 0n],
    [0, 1n],
    [0, -1n],
    [0, quiet],
    [1, 0n],
    [1, 1n],
    [2 * bias, -1n],
    [2 * bias, 0n],
    [2 * bias + 1, 0n],
    [2 * bias + 1, 0n],
    [2 * bias + 1, quiet],
    [2 * bias + 1, 1n],
    [2 * bias + 1, quiet - 1n],
    [2 * bias + 1, -1n],
    [bias, 0n],
    [bias - 1, 0n],
    [bias - 1, -1n],
  ];
  const [exponent, fraction] = random.pick(cases);
  return pack(shape, random.below(2), exponent, fraction);
}

function exponentOf(shape: Shape, bits: bigint): number {
  return Number((bits >> BigInt(shape.fraction)) & BigInt(2 * shape.bias + 1));
}

/** An exponent of a result near the ends of the range or the middle. */
function edge(random: Random, shape: Shape): number {
  const { bias, fraction } = shape;
  switch (random.below(5)) {
    case 0:
      return random.between(-2, 2);
    case 1:
      return random.between(-fraction - 3, 1);
    case 2:
      return random.between(2 * bias - 2, 2 * bias + 2);
    default:
      return random.between(bias - 3, bias + 3);
  }
}

function anyFloat(random: Random, shape: Shape): bigint {
  const { bias } = shape;
  const kind = random.below(8);
  if (kind === 0) return special(random, shape);
  const exponents = [
    () => random.between(0, 2 * bias + 1),
    () => random.between(0, 3),
    () => random.between(2 * bias - 3, 2 * bias),
    () => random.between(bias - 4, bias + 66),
  ];
  const exponent = (exponents[kind >> 1] ?? exponents[3])?.() ?? 0;
  return pack(shape, random.below(2), exponent, fractionOf(random, shape));
}

/** Operands of an operation on one format; the later ones are matched to the first. */
function floats(random: Random, shape: Shape, count: number, name: string): bigint[] {
  const { bias, fraction } = shape;
  const list = Array.from({ length: count }, () => anyFloat(random, shape));
  const [a = 0n] = list;
  if (count === 1 || random.chance(25)) return list;
  const place = (exponent: number) =>
    pack(shape, random.below(2), exponent, fractionOf(random, shape));
  const first = exponentOf(shape, a);
  if (name.endsWith("Mul") || count === 3) list[1] = place(edge(random, shape) + bias - first);
  else if (name.endsWith("Div")) list[1] = place(first + bias - edge(random, shape));
  else if (random.chance(60)) list[1] = place(first + random.between(-fraction - 3, fraction + 3));
  else
    list[1] =
      BigInt.asUintN(shape.width, a + BigInt(random.between(-3, 3))) ^ signOf(random, shape);
  if (count === 3) {
    const product = first + exponentOf(shape, list[1] ?? 0n) - bias;
    const width = 2 * fraction + 8;
    if (random.chance(50)) list[2] = place(product + random.between(-width, width));
    else if (random.chance(70)) list[2] = nearProduct(random, shape, a, list[1] ?? 0n);
  }
  return list;
}

function signOf(random: Random, shape: Shape): bigint {
  return random.chance(50) ? 1n << BigInt(shape.width - 1) : 0n;
}

/** About -(a × b), so that the fused sum cancels. */
function nearProduct(random: Random, shape: Shape, a: bigint, b: bigint): bigint {
  const view = new DataView(new ArrayBuffer(8));
  const value = (bits: bigint) => {
    if (shape.width === 64) view.setBigUint64(0, bits);
    else view.setUint32(0, Number(bits));
    return shape.width === 64 ? view.getFloat64(0) : view.getFloat32(0);
  };
  const product = -value(a) * value(b);
  if (shape.width === 64) view.setFloat64(0, product);
  else view.setFloat32(0, product);
  const bits = shape.width === 64 ? view.getBigUint64(0) : BigInt(view.getUint32(0));
  return BigInt.asUintN(shape.width, bits + BigInt(random.between(-1, 1)));
}

function integer(random: Random): bigint {
  const length = BigInt(random.between(0, 64));
  const few = (1n << BigInt(random.below(64))) | (1n << BigInt(random.below(64)));
  const short = random.bits64() & ((1n << length) - 1n);
  const edgeOf = (1n << length) + BigInt(random.between(-2, 2));
  const value = random.pick([few, short, edgeOf, random.bits64()]);
  return BigInt.asUintN(64, random.chance(50) ? value : -value);
}

/** Operands as register bits. */
export function operandsOf(random: Random, operation: Operation): bigint[] {
  const kind: Kind = operation.from[0] ?? "x";
  if (kind === "x") return [integer(random)];
  const list = floats(random, shapes[kind], operation.from.length, operation.name);
  // A narrowed double's exponent is near the single range.
  if (operation.name === "f32Convert" && random.chance(60)) {
    const exponent = 1023 - 127 + edge(random, shapes.s);
    list[0] = pack(shapes.d, random.below(2), exponent, narrowable(random));
  }
  if (kind === "d") return list;
  return list.map((bits) => (random.chance(2) ? random.bits64() : BOX | bits));
}

/** A fraction of a double whose lower part is near a tie of a single. */
function narrowable(random: Random): bigint {
  const tie = BigInt(random.between(-1, 1)) + (1n << 28n);
  const upper = fractionOf(random, shapes.s) << 29n;
  return random.chance(70) ? upper + tie : random.bits64();
}
