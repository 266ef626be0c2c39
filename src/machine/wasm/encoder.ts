/**
 * A growing buffer of bytes with WebAssembly's encodings of numbers, names and vectors
 * (Core Specification 5.2). It knows nothing of modules or instructions.
 */

import type { ValueType } from "./opcodes.js";
import { valueTypeByte } from "./opcodes.js";

/** Bytes that are appended; the buffer grows as needed. */
export class ByteWriter {
  private bytes: Uint8Array;
  private used = 0;

  /** @param capacityBytes first size of the buffer; it doubles when it is full */
  constructor(capacityBytes = 256) {
    this.bytes = new Uint8Array(capacityBytes);
  }

  /** Number of bytes written so far. */
  get lengthBytes(): number {
    return this.used;
  }

  /** The bytes written so far; valid until the next write. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.used);
  }

  /** Make sure that `countBytes` more bytes fit. */
  private reserve(countBytes: number): void {
    const needed = this.used + countBytes;
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    larger.set(this.view());
    this.bytes = larger;
  }

  /** One byte. */
  byte(value: number): void {
    if (this.used === this.bytes.length) this.reserve(1);
    this.bytes[this.used++] = value;
  }

  /** Bytes as they are. */
  raw(source: Uint8Array): void {
    this.reserve(source.length);
    this.bytes.set(source, this.used);
    this.used += source.length;
  }

  /** Unsigned LEB128 of a number in 0 .. 2^32 - 1 (Core 5.2.2). */
  u32(value: number): void {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Signed LEB128 of a number taken modulo 2^32. */
  s32(value: number): void {
    let rest = value | 0;
    while (rest < -0x40 || rest > 0x3f) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  /** Signed LEB128 of the 64-bit number with these two words. */
  s64Words(low: number, high: number): void {
    let rest = low | 0;
    let upper = high | 0;
    while (upper !== rest >> 31 || rest < -0x40 || rest > 0x3f) {
      this.byte((rest & 0x7f) | 0x80);
      rest = (rest >>> 7) | (upper << 25);
      upper >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  /** Signed LEB128 of an integer: a safe integer or a bigint, taken modulo 2^64. */
  s64(value: number | bigint): void {
    if (typeof value === "bigint") {
      const bits = BigInt.asUintN(64, value);
      this.s64Words(Number(bits & 0xffffffffn), Number(bits >> 32n));
      return;
    }
    if (!Number.isSafeInteger(value)) throw new RangeError(`not a safe integer: ${value}`);
    this.s64Words(value, Math.floor(value / 0x1_0000_0000));
  }

  /** A 32-bit word, little-endian. */
  word(value: number): void {
    this.byte(value & 0xff);
    this.byte((value >>> 8) & 0xff);
    this.byte((value >>> 16) & 0xff);
    this.byte(value >>> 24);
  }

  /** A name: length and UTF-8 (Core 5.2.4). */
  name(text: string): void {
    this.vector(new TextEncoder().encode(text));
  }

  /** A vector of bytes: length and content. */
  vector(content: Uint8Array): void {
    this.u32(content.length);
    this.raw(content);
  }

  valueType(type: ValueType): void {
    this.byte(valueTypeByte[type]);
  }

  /** A vector of value types. */
  valueTypes(types: readonly ValueType[]): void {
    this.u32(types.length);
    for (const type of types) this.valueType(type);
  }
}
