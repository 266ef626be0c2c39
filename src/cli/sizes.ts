/** Sizes in bytes as people write them. */

const UNIT_BYTES: Readonly<Record<string, number>> = Object.freeze({
  "": 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
});

/** @returns bytes of a size: a number, with K, M or G after it; NaN if it is none */
export function sizeOf(text: string): number {
  const match = /^(\d{1,15})([KMG]?)(?:i?B)?$/i.exec(text);
  const unit = UNIT_BYTES[(match?.[2] ?? "").toUpperCase()] ?? Number.NaN;
  return Number(match?.[1] ?? Number.NaN) * unit;
}
