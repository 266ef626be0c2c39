/**
 * A fast hash of 64 bits in two lanes of 32: each lane is MurmurHash3's mixing with multipliers of
 * its own. It tells states apart; it is no defence against someone who makes collisions.
 */

const WORD_BYTES = 4;

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** The finalizer of MurmurHash3: every bit of the input moves every bit of the result. */
function avalanche(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}

/** Takes words, numbers, text and bytes in order; `digest` says the hash so far. */
export class Hasher {
  private first = 0x9747_b28c | 0;
  private second = 0x1b87_3593;
  private words = 0;
  private readonly double = new Float64Array(1);
  private readonly halves = new Uint32Array(this.double.buffer);

  /** @param value its low 32 bits count */
  word(value: number): void {
    const a = Math.imul(rotate(Math.imul(value, 0xcc9e_2d51), 15), 0x1b87_3593);
    this.first = (Math.imul(rotate(this.first ^ a, 13), 5) + 0xe654_6b64) | 0;
    const b = Math.imul(rotate(Math.imul(value, 0x9e37_79b1), 16), 0x85eb_ca77);
    this.second = (Math.imul(rotate(this.second ^ b, 17), 5) + 0x5273_61d5) | 0;
    this.words++;
  }

  /** Any number; the same for 0 and -0, and for every NaN. */
  number(value: number): void {
    this.double[0] = Number.isNaN(value) ? Number.NaN : value + 0;
    this.word(this.halves[0] as number);
    this.word(this.halves[1] as number);
  }

  /** The length, then UTF-16 code units. */
  text(value: string): void {
    this.word(value.length);
    for (let i = 0; i < value.length; i++) this.word(value.charCodeAt(i));
  }

  /** The length, then the bytes as little-endian words, the last one filled up with zeros. */
  bytes(value: Uint8Array): void {
    this.word(value.length);
    const whole = value.length - (value.length % WORD_BYTES);
    if (value.byteOffset % WORD_BYTES === 0) {
      const words = new Int32Array(value.buffer, value.byteOffset, whole / WORD_BYTES);
      for (let i = 0; i < words.length; i++) this.word(words[i] as number);
    } else {
      for (let at = 0; at < whole; at += WORD_BYTES) this.word(wordAt(value, at));
    }
    if (whole < value.length) this.word(wordAt(value, whole));
  }

  /** @returns 16 hexadecimal digits */
  digest(): string {
    const first = avalanche(this.first ^ this.words);
    const second = avalanche((this.second ^ this.words) + first);
    return [first + second, second]
      .map((lane) => (lane >>> 0).toString(16).padStart(8, "0"))
      .join("");
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  const byte = (offset: number): number => bytes[at + offset] ?? 0;
  return byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24);
}
