/** Spreading numbers that follow a pattern over a range. */

/**
 * Knuth's multiplicative hash: 2^32 divided by the golden ratio. The high bits of a product with it
 * (`Math.imul`) differ for numbers that are near each other.
 */
export const SPREAD_FACTOR = 0x9e37_79b1;
