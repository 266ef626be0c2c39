/** A seeded source of random numbers and of values that instructions find hard. */

/** xorshift128 by Marsaglia; the same seed gives the same numbers everywhere. */
export class Random {
  private readonly words: Uint32Array;

  constructor(seed: number) {
    this.words = new Uint32Array([seed, seed ^ 0x9e37_79b9, 0x85eb_ca6b, 0xc2b2_ae35]);
    for (let turn = 0; turn < 16; turn++) this.word();
  }

  /** 32 random bits, unsigned. */
  word(): number {
    const [x = 0, y = 0, z = 0, w = 0] = this.words;
    const t = x ^ (x << 11);
    this.words.set([y, z, w, w ^ (w >>> 19) ^ t ^ (t >>> 8)]);
    return this.words[3] ?? 0;
  }

  /** An integer in 0..limit-1. */
  below(limit: number): number {
    return this.word() % limit;
  }

  /** An integer in low..high. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  bits64(): bigint {
    return (BigInt(this.word()) << 32n) | BigInt(this.word());
  }
}

const MASK = (1n << 64n) - 1n;
const BOX = 0xffff_ffff_0000_0000n;

const specialIntegers: readonly bigint[] = [
  0n,
  1n,
  2n,
  7n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0xffff_ffff_8000_0000n,
  0xffff_ffff_7fff_ffffn,
  MASK,
  MASK - 1n,
];

const specialDoubles: readonly bigint[] = [
  0x0000_0000_0000_0000n,
  0x3ff0_0000_0000_0000n,
  0x3fe0_0000_0000_0000n,
  0x0000_0000_0000_0001n,
  0x000f_ffff_ffff_ffffn,
  0x0010_0000_0000_0000n,
  0x7fef_ffff_ffff_ffffn,
  0x7ff0_0000_0000_0000n,
  0x7ff8_0000_0000_0000n,
  0x7ff0_0000_0000_0001n,
  0x7ff7_ffff_ffff_ffffn,
  0x36a0_0000_0000_0000n,
  0x380f_ffff_e000_0000n,
  0x47ef_ffff_e000_0000n,
  0x41df_ffff_ffc0_0000n,
  0x43e0_0000_0000_0000n,
];

const specialSingles: readonly bigint[] = [
  0x0000_0000n,
  0x3f80_0000n,
  0x3f00_0000n,
  0x0000_0001n,
  0x007f_ffffn,
  0x0080_0000n,
  0x7f7f_ffffn,
  0x7f80_0000n,
  0x7fc0_0000n,
  0x7f80_0001n,
  0x7fbf_ffffn,
  0x4eff_ffffn,
  0x4f00_0000n,
  0x5f00_0000n,
];

/** A value for an integer register. */
export function randomInteger(random: Random): bigint {
  const kind = random.below(5);
  if (kind < 2) return random.pick(specialIntegers);
  if (kind === 2) return random.bits64();
  if (kind === 3) return BigInt.asUintN(64, BigInt(random.word() | 0));
  return BigInt.asUintN(64, BigInt(random.between(-40, 40)));
}

/** A value for a floating-point register: doubles, boxed singles, and what is neither. */
export function randomFloat(random: Random): bigint {
  switch (random.below(8)) {
    case 0:
    case 1:
      return random.pick(specialDoubles) | (random.chance(50) ? 1n << 63n : 0n);
    case 2:
    case 3:
      return BOX | random.pick(specialSingles) | (random.chance(50) ? 0x8000_0000n : 0n);
    case 4:
      return BOX | BigInt(random.word());
    case 5: // Singles of similar size, so that sums cancel and round.
      return (
        BOX |
        BigInt((random.word() & 0x807f_ffff) >>> 0) |
        (BigInt(random.between(120, 134)) << 23n)
      );
    case 6: {
      const exponent = BigInt(random.between(1010, 1036)) << 52n;
      return (random.bits64() & 0x800f_ffff_ffff_ffffn) | exponent;
    }
    default:
      return random.bits64();
  }
}
