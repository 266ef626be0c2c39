/**
 * The kernel's seeded generator: placement, AT_RANDOM and preemption tests draw from it, so that a
 * seed repeats a run (docs/design.md 4.6). It is not for secrets: /dev/random has a device.
 *
 * xoshiro128** (Blackman and Vigna 2018), seeded by splitmix32.
 */
export interface RandomState {
  readonly words: Uint32Array;
}

/** @param seed any integer; its low 32 bits count */
export function createRandom(seed: number): RandomState {
  const words = new Uint32Array(4);
  let state = seed >>> 0;
  for (let i = 0; i < 4; i++) {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0_aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
    words[i] = mixed ^ (mixed >>> 15);
  }
  return { words };
}

const rotateLeft = (value: number, count: number): number =>
  (value << count) | (value >>> (32 - count));

/** @returns the next 32 random bits, unsigned */
export function randomWord(state: RandomState): number {
  const words = state.words;
  const [a, b, c, d] = words as unknown as [number, number, number, number];
  const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
  const shifted = b << 9;
  words[2] = c ^ a;
  words[3] = d ^ b;
  words[1] = b ^ (words[2] as number);
  words[0] = a ^ (words[3] as number);
  words[2] = (words[2] as number) ^ shifted;
  words[3] = rotateLeft(words[3] as number, 11);
  return result;
}
