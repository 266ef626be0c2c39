/**
 * struct timespec, timeval and itimerval of riscv64: pairs of 64-bit seconds and parts of a second.
 */
import { EINVAL } from "../../abi/errno.js";
import { KTIME_MAX_NANOSECONDS } from "../../abi/time.js";

const WORD = 2 ** 32;

/** @returns the signed 64-bit value at the offset as a number, cut to ±2^53 */
export function readInt64(view: DataView, offset: number): number {
  const value = view.getInt32(offset + 4, true) * WORD + view.getUint32(offset, true);
  const limit = Number.MAX_SAFE_INTEGER;
  return Math.min(Math.max(value, -limit), limit);
}

/** Stores a whole number (|value| < 2^53) as 64 bits. */
export function writeInt64(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value >>> 0, true);
  view.setInt32(offset + 4, Math.floor(value / WORD), true);
}

/** Nanoseconds of a pair (seconds, parts of which `partsPerSecond` make a second); beyond 104 days
 * they are rounded.
 * @returns -EINVAL for a negative or unnormalised pair */
export function readDuration(view: DataView, offset: number, partsPerSecond: number): number {
  const seconds = readInt64(view, offset);
  const parts = readInt64(view, offset + 8);
  if (seconds < 0 || parts < 0 || parts >= partsPerSecond) return -EINVAL;
  return Math.min(seconds * 1e9 + parts * (1e9 / partsPerSecond), KTIME_MAX_NANOSECONDS);
}

/** Stores nanoseconds as such a pair, rounded down. */
export function writeDuration(
  view: DataView,
  offset: number,
  nanoseconds: number,
  partsPerSecond: number,
): void {
  const seconds = Math.floor(nanoseconds / 1e9);
  writeInt64(view, offset, seconds);
  const rest = Math.min(Math.max(nanoseconds - seconds * 1e9, 0), 1e9 - 1);
  writeInt64(view, offset + 8, Math.floor(rest / (1e9 / partsPerSecond)));
}
