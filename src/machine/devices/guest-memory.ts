/**
 * RAM as a device sees it: by physical address, checked; what a device writes reaches decoded code
 * at once, as a store of the hart does (docs/design.md 4.4).
 */
import { PAGE_BYTES, type Platform, RAM_BASE } from "../platform.js";

/** The part of the platform that a device with direct memory access needs. */
export type GuestMemory = Pick<Platform, "ram" | "codeFrames" | "invalidateCode">;

const WORD_VALUES = 2 ** 32;

/**
 * @param low,high the two words of a physical address, unsigned
 * @returns the offset in RAM of the range, or -1: it is not wholly within RAM
 */
export function ramOffset(
  memory: GuestMemory,
  low: number,
  high: number,
  lengthBytes: number,
): number {
  // Exact below 2^53; what is above is far behind any RAM and stays so after rounding.
  const offset = high * WORD_VALUES + low - RAM_BASE;
  return offset >= 0 && offset + lengthBytes <= memory.ram.length ? offset : -1;
}

/** Loads 16 bits at an offset that `ramOffset` has checked; so below. */
export function load16({ ram }: GuestMemory, offset: number): number {
  return (ram[offset] ?? 0) | ((ram[offset + 1] ?? 0) << 8);
}

/** Loads 32 bits, unsigned. */
export function load32(memory: GuestMemory, offset: number): number {
  return (load16(memory, offset) | (load16(memory, offset + 2) << 16)) >>> 0;
}

/** Stores the low 16 bits of `value`. */
export function store16({ ram }: GuestMemory, offset: number, value: number): void {
  ram[offset] = value & 0xff;
  ram[offset + 1] = (value >>> 8) & 0xff;
}

/** Stores 32 bits. */
export function store32(memory: GuestMemory, offset: number, value: number): void {
  store16(memory, offset, value & 0xffff);
  store16(memory, offset + 2, value >>> 16);
}

/** Tells the machine which frames were written, where it keeps decoded code of them. */
export function touched(memory: GuestMemory, offset: number, lengthBytes: number): void {
  if (lengthBytes === 0) {
    return;
  }
  const last = Math.floor((offset + lengthBytes - 1) / PAGE_BYTES);
  for (let frame = Math.floor(offset / PAGE_BYTES); frame <= last; frame++) {
    if (memory.codeFrames[frame] !== 0 && memory.codeFrames[frame] !== undefined) {
      memory.invalidateCode(frame);
    }
  }
}
