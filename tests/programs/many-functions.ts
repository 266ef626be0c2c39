/** What many_functions.c prints, computed here: its functions, by number, in 32-bit arithmetic. */

/** How many functions the program has. */
export const FUNCTION_COUNT = 3000;
/** The number of its first one. */
const FIRST_NUMBER = 1000;
const WORDS = 64;
const MULTIPLIER = 2_654_435_761;

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** Function `n` of the program. */
function step(n: number, argument: number, words: Int32Array): number {
  let x = argument;
  for (let i = 0; i < 4; i++) {
    x = (Math.imul(x, 2 * n + 1) + i) | 0;
    if (n % 2 === 0) x ^= x >>> ((n % 13) + 3);
    else x = (x + (x << ((n % 11) + 2))) | 0;
    if ((x & (1 << (n % 29))) !== 0) x = (x - Math.imul(n, 77)) | 0;
    if (n % 3 === 0) x = rotated(x, (n % 31) + 1);
    else if (n % 3 === 1) x ^= words[((x + n) >>> 0) % WORDS] ?? 0;
    else {
      x = ~x;
      words[n % WORDS] = (words[n % WORDS] ?? 0) + x;
    }
  }
  return x;
}

/**
 * The line that the program prints.
 * @param first index of the first function that is called, 0 to FUNCTION_COUNT - 1
 * @param count how many are called in a turn
 */
export function manyFunctionsOutput(first: number, count: number, turns: number): string {
  const words = Int32Array.from({ length: WORDS }, (_, i) => Math.imul(i, MULTIPLIER));
  let value = 1;
  for (let turn = 0; turn < turns; turn++) {
    for (let i = 0; i < count; i++) value = step(FIRST_NUMBER + first + i, value, words);
  }
  return `${(value >>> 0).toString(16).padStart(8, "0")}\n`;
}
