/**
 * User memory: copies between the kernel's domain and the memory of a task, page by page through
 * its address space, or its scratch. The system-call layer has faulted guest ranges in before, so
 * that a copy does not wait.
 */
import { EFAULT } from "../abi/errno.js";
import {
  ACCESS_READ,
  ACCESS_WRITE,
  PAGE_BYTES,
  type Platform,
  USER_ADDRESS_LIMIT,
} from "../machine/platform.js";
import type { AddressSpaces } from "./address-space.js";
import { type CallRecord, scratchBuffer, scratchOffset } from "./call-record.js";
import type { Frames } from "./frames.js";
import { type Result, SCRATCH_BASE } from "./protocol.js";
import type { Task } from "./tasks.js";

/** The memory a copy is about: a task's space and the scratch of its call under way. */
export interface Memory {
  readonly space: number;
  readonly record: CallRecord;
}

/** Up to so many bytes a loop is quicker than a call of the engine with a view made for it. */
const LOOP_BYTES_MAX = 64;

/** From the index of a word to its page. */
const WORDS_OF_PAGE_SHIFT = 10;

/** Where an address is in its page. The remainder of a double would be a call of the C library. */
const inPage = (address: number): number => address & (PAGE_BYTES - 1);

/** Copies bytes between arrays, or within one, where the ranges may overlap. */
export function copyBytes(
  from: Uint8Array,
  fromOffset: number,
  to: Uint8Array,
  toOffset: number,
  lengthBytes: number,
): void {
  const isUpwards = from === to && toOffset > fromOffset;
  if (lengthBytes <= LOOP_BYTES_MAX && !isUpwards) {
    copyFew(from, fromOffset, to, toOffset, lengthBytes);
  } else if (from === to) to.copyWithin(toOffset, fromOffset, fromOffset + lengthBytes);
  else to.set(from.subarray(fromOffset, fromOffset + lengthBytes), toOffset);
}

/** Written out by fours: most structures of calls are some words long. */
function copyFew(
  from: Uint8Array,
  fromOffset: number,
  to: Uint8Array,
  toOffset: number,
  lengthBytes: number,
): void {
  const end = fromOffset + lengthBytes;
  let source = fromOffset;
  let target = toOffset;
  for (; source + 4 <= end; source += 4, target += 4) {
    to[target] = from[source] as number;
    to[target + 1] = from[source + 1] as number;
    to[target + 2] = from[source + 2] as number;
    to[target + 3] = from[source + 3] as number;
  }
  for (; source < end; source++, target++) to[target] = from[source] as number;
}

/** The bytes of an array of words. */
export const bytesOfWords = (words: Int32Array): Uint8Array =>
  new Uint8Array(words.buffer, words.byteOffset, words.byteLength);

/** A signed 32-bit word. */
function wordAt(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
  return low | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
}

/** Sets bytes to 0. */
export function clearBytes(bytes: Uint8Array, offset: number, lengthBytes: number): void {
  if (lengthBytes > LOOP_BYTES_MAX) bytes.fill(0, offset, offset + lengthBytes);
  else for (let i = 0; i < lengthBytes; i++) bytes[offset + i] = 0;
}

export class UserMemory {
  private readonly ram: Uint8Array;
  /** The same memory by words. */
  private readonly ramWords: Int32Array;
  /** Where a word passes through. */
  private readonly small = new Uint8Array(8);

  constructor(
    platform: Platform,
    private readonly spaces: AddressSpaces,
    private readonly frames: Frames,
  ) {
    this.ram = platform.ram;
    const { buffer, byteOffset, length } = platform.ram;
    this.ramWords = new Int32Array(buffer, byteOffset, length >>> 2);
  }

  /**
   * How much of a range can be copied at once with this access.
   * @returns lengthBytes if all pages are there, else less
   */
  present(space: number, address: number, lengthBytes: number, access: number): number {
    if (inPage(address) + lengthBytes <= PAGE_BYTES) {
      return lengthBytes === 0 || this.byteOf(space, address, access) >= 0 ? lengthBytes : 0;
    }
    let done = 0;
    while (done < lengthBytes) {
      const at = address + done;
      if (at >= USER_ADDRESS_LIMIT) return done;
      const entry = this.spaces.mapping(space, Math.floor(at / PAGE_BYTES));
      if (entry < 0 || (entry & access) === 0) return done;
      done += PAGE_BYTES - inPage(at);
    }
    return lengthBytes;
  }

  /** Copies in to `to`. @returns 0 or -EFAULT */
  read(memory: Memory, address: number, to: Uint8Array, toOffset: number, length: number): Result {
    if (address >= SCRATCH_BASE) {
      const scratch = scratchBuffer(memory.record, address, length);
      if (scratch === undefined) return -EFAULT;
      copyBytes(scratch, scratchOffset(address), to, toOffset, length);
      return 0;
    }
    for (let done = 0; done < length; ) {
      const start = this.byteOf(memory.space, address + done, ACCESS_READ);
      if (start < 0) return -EFAULT;
      const chunk = Math.min(length - done, PAGE_BYTES - inPage(start));
      copyBytes(this.ram, start, to, toOffset + done, chunk);
      done += chunk;
    }
    return 0;
  }

  /** Copies words in to the begin of `to`. @returns 0 or -EFAULT */
  readWords(memory: Memory, address: number, to: Int32Array, count: number): Result {
    const start = this.wordOf(memory.space, address, count, ACCESS_READ);
    if (start < 0) return this.read(memory, address, bytesOfWords(to), 0, 4 * count);
    const { ramWords } = this;
    for (let index = 0; index < count; index++) to[index] = ramWords[start + index] as number;
    return 0;
  }

  /** Copies words out from the begin of `from`. @returns 0 or -EFAULT */
  writeWords(memory: Memory, address: number, from: Int32Array, count: number): Result {
    const start = this.wordOf(memory.space, address, count, ACCESS_WRITE);
    if (start < 0) return this.write(memory, address, bytesOfWords(from), 0, 4 * count);
    const { ramWords } = this;
    this.frames.written(start >>> WORDS_OF_PAGE_SHIFT);
    for (let index = 0; index < count; index++) ramWords[start + index] = from[index] as number;
    return 0;
  }

  /** Where words of one page that are where words of RAM are begin there, or -1: go by bytes. */
  private wordOf(space: number, address: number, count: number, access: number): number {
    if ((address & 3) !== 0 || inPage(address) + 4 * count > PAGE_BYTES) return -1;
    const start = this.byteOf(space, address, access);
    return start < 0 ? -1 : start >>> 2;
  }

  /**
   * Copies a text in, up to its NUL.
   * @param limitBytes at most so much, which must not go beyond the page
   * @returns bytes without the NUL, `limitBytes` if it has none, or -EFAULT
   */
  readText(
    space: number,
    address: number,
    to: Uint8Array,
    toOffset: number,
    limitBytes: number,
  ): Result {
    const start = this.byteOf(space, address, ACCESS_READ);
    if (start < 0) return -EFAULT;
    const { ram } = this;
    for (let count = 0; count < limitBytes; count++) {
      const byte = ram[start + count] as number;
      if (byte === 0) return count;
      to[toOffset + count] = byte;
    }
    return limitBytes;
  }

  /** Copies out from `from`. @returns 0 or -EFAULT */
  write(
    memory: Memory,
    address: number,
    from: Uint8Array,
    fromOffset: number,
    length: number,
  ): Result {
    if (address >= SCRATCH_BASE) {
      const scratch = scratchBuffer(memory.record, address, length);
      if (scratch === undefined) return -EFAULT;
      copyBytes(from, fromOffset, scratch, scratchOffset(address), length);
      return 0;
    }
    for (let done = 0; done < length; ) {
      const start = this.byteOf(memory.space, address + done, ACCESS_WRITE);
      if (start < 0) return -EFAULT;
      const chunk = Math.min(length - done, PAGE_BYTES - inPage(start));
      this.frames.written(Math.floor(start / PAGE_BYTES));
      copyBytes(from, fromOffset + done, this.ram, start, chunk);
      done += chunk;
    }
    return 0;
  }

  /** Clears a range. @returns 0 or -EFAULT */
  clear(memory: Memory, address: number, length: number): Result {
    if (address >= SCRATCH_BASE) {
      const scratch = scratchBuffer(memory.record, address, length);
      if (scratch === undefined) return -EFAULT;
      clearBytes(scratch, scratchOffset(address), length);
      return 0;
    }
    for (let done = 0; done < length; ) {
      const start = this.byteOf(memory.space, address + done, ACCESS_WRITE);
      if (start < 0) return -EFAULT;
      const chunk = Math.min(length - done, PAGE_BYTES - inPage(start));
      this.frames.written(Math.floor(start / PAGE_BYTES));
      clearBytes(this.ram, start, chunk);
      done += chunk;
    }
    return 0;
  }

  /** From a frame to the task's memory, without a copy in between. @returns 0 or -EFAULT */
  writeFromFrame(
    memory: Memory,
    address: number,
    frame: number,
    offset: number,
    length: number,
  ): Result {
    const start = frame * PAGE_BYTES + offset;
    return this.write(memory, address, this.ram, start, length);
  }

  /** From the task's memory to a frame. @returns 0 or -EFAULT */
  readToFrame(
    memory: Memory,
    address: number,
    frame: number,
    offset: number,
    length: number,
  ): Result {
    this.frames.written(frame);
    return this.read(memory, address, this.ram, frame * PAGE_BYTES + offset, length);
  }

  /** A 32-bit word of the task's memory. @returns 0 or -EFAULT */
  storeWord(task: Task, address: number, value: number): Result {
    const { small } = this;
    for (let i = 0; i < 4; i++) small[i] = value >>> (8 * i);
    return this.write({ space: task.space, record: task.call }, address, small, 0, 4);
  }

  /** A signed 64-bit word of the task's memory as a number; 0: it cannot be read. */
  loadDouble(task: Task, address: number): number {
    const { small } = this;
    const memory = { space: task.space, record: task.call };
    if (this.read(memory, address, small, 0, 8) < 0) return 0;
    return (wordAt(small, 0) >>> 0) + wordAt(small, 4) * 2 ** 32;
  }

  /** Byte offset in RAM of a user address, or -1 without that permission. */
  private byteOf(space: number, address: number, access: number): number {
    if (!(address >= 0 && address < USER_ADDRESS_LIMIT)) return -1;
    const page = Math.floor(address / PAGE_BYTES);
    const entry = this.spaces.mapping(space, page);
    if (entry < 0 || (entry & access) === 0) return -1;
    return (entry >> 3) * PAGE_BYTES + (address - page * PAGE_BYTES);
  }
}
