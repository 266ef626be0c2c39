/**
 * The device's side of a split virtqueue in guest RAM (VIRTIO 1.2, 2.7). Every address and index is
 * the guest's and so is checked before use; what does not hold is MALFORMED, never an exception.
 *
 * Layers: guest-memory.ts below reads and writes RAM; virtio-transport.ts above owns the queues.
 */
import * as virtio from "../../abi/virtio.js";
import {
  type GuestMemory,
  load16,
  load32,
  ramOffset,
  store16,
  store32,
  touched,
} from "./guest-memory.js";

/** A queue as its registers and its progress, plain data. */
export interface Virtqueue {
  readonly sizeMax: number;
  /** Entries: a power of two up to sizeMax. */
  size: number;
  ready: boolean;
  descriptorsLow: number;
  descriptorsHigh: number;
  driverLow: number;
  driverHigh: number;
  deviceLow: number;
  deviceHigh: number;
  /** Free-running 16-bit index of the next chain to take from the available ring. */
  nextAvailable: number;
  /** Free-running 16-bit index of the used ring, as last published. */
  nextUsed: number;
  /** Bytes of the next available chain that the host has taken already. */
  progressBytes: number;
}

/** One buffer of a chain: a range in RAM, by offset. */
export interface ChainRange {
  readonly offset: number;
  readonly lengthBytes: number;
}

export interface Chain {
  /** Index of the first descriptor. */
  readonly head: number;
  /** What the device may read, then what it may write, each in order. */
  readonly readable: readonly ChainRange[];
  readonly writable: readonly ChainRange[];
  readonly readableBytes: number;
  readonly writableBytes: number;
}

/** The driver has made no (further) chain available. */
export const EMPTY = "empty";
/** The driver broke a rule of 2.7: the device needs a reset. */
export const MALFORMED = "malformed";

const CHAIN_BYTES_MAX = 2 ** 32 - 1;

/** A queue that the driver has not set up. */
export function createVirtqueue(sizeMax: number): Virtqueue {
  return {
    sizeMax,
    size: sizeMax,
    ready: false,
    descriptorsLow: 0,
    descriptorsHigh: 0,
    driverLow: 0,
    driverHigh: 0,
    deviceLow: 0,
    deviceHigh: 0,
    nextAvailable: 0,
    nextUsed: 0,
    progressBytes: 0,
  };
}

/** Offsets in RAM of the three areas, each -1 when it is not within RAM or not aligned (2.7). */
function areas(queue: Virtqueue, memory: GuestMemory) {
  const { size } = queue;
  const ringBytes = virtio.RING_HEAD_BYTES + virtio.RING_TAIL_BYTES;
  const at = (low: number, high: number, lengthBytes: number, alignment: number) =>
    low % alignment === 0 ? ramOffset(memory, low, high, lengthBytes) : -1;
  return {
    descriptors: at(
      queue.descriptorsLow,
      queue.descriptorsHigh,
      size * virtio.DESCRIPTOR_BYTES,
      virtio.DESCRIPTOR_BYTES,
    ),
    available: at(
      queue.driverLow,
      queue.driverHigh,
      ringBytes + size * virtio.AVAILABLE_ENTRY_BYTES,
      2,
    ),
    used: at(queue.deviceLow, queue.deviceHigh, ringBytes + size * virtio.USED_ENTRY_BYTES, 4),
  };
}

/** Whether the queue may be made ready: a size that is a power of two, all areas within RAM. */
export function isValidSetup(queue: Virtqueue, memory: GuestMemory): boolean {
  const { size, sizeMax } = queue;
  if (size < 1 || size > sizeMax || (size & (size - 1)) !== 0) {
    return false;
  }
  const { descriptors, available, used } = areas(queue, memory);
  return descriptors >= 0 && available >= 0 && used >= 0;
}

/** Follows a chain from its head; it has at most as many descriptors as the queue (2.7.5.1). */
function walk(queue: Virtqueue, memory: GuestMemory, table: number, head: number) {
  const readable: ChainRange[] = [];
  const writable: ChainRange[] = [];
  let readableBytes = 0;
  let writableBytes = 0;
  let index = head;
  for (let count = 0; count < queue.size; count++) {
    if (index >= queue.size) {
      return MALFORMED;
    }
    const descriptor = table + index * virtio.DESCRIPTOR_BYTES;
    const low = load32(memory, descriptor);
    const high = load32(memory, descriptor + 4);
    const lengthBytes = load32(memory, descriptor + 8);
    const flags = load16(memory, descriptor + 12);
    const offset = ramOffset(memory, low, high, lengthBytes);
    if (offset < 0 || (flags & virtio.DESCRIPTOR_INDIRECT) !== 0) {
      return MALFORMED;
    }
    if ((flags & virtio.DESCRIPTOR_WRITE) !== 0) {
      writable.push({ offset, lengthBytes });
      writableBytes += lengthBytes;
    } else if (writable.length > 0) {
      // Writable buffers come behind all readable ones (2.7.4.2).
      return MALFORMED;
    } else {
      readable.push({ offset, lengthBytes });
      readableBytes += lengthBytes;
    }
    if (readableBytes + writableBytes > CHAIN_BYTES_MAX) {
      return MALFORMED;
    }
    if ((flags & virtio.DESCRIPTOR_NEXT) === 0) {
      return { head, readable, writable, readableBytes, writableBytes };
    }
    index = load16(memory, descriptor + 14);
  }
  return MALFORMED;
}

/**
 * The next chain that the driver made available; it stays the next until `complete`.
 * @returns the chain, EMPTY (also while the queue is not ready), or MALFORMED
 */
export function peek(
  queue: Virtqueue,
  memory: GuestMemory,
): Chain | typeof EMPTY | typeof MALFORMED {
  if (!queue.ready) {
    return EMPTY;
  }
  const { descriptors, available, used } = areas(queue, memory);
  if (descriptors < 0 || available < 0 || used < 0) {
    return MALFORMED;
  }
  const waiting = (load16(memory, available + 2) - queue.nextAvailable) & 0xffff;
  if (waiting === 0) {
    return EMPTY;
  }
  if (waiting > queue.size) {
    return MALFORMED;
  }
  const slot = queue.nextAvailable & (queue.size - 1);
  const entry = available + virtio.RING_HEAD_BYTES + slot * virtio.AVAILABLE_ENTRY_BYTES;
  return walk(queue, memory, descriptors, load16(memory, entry));
}

/**
 * Gives the chain that `peek` returned back to the driver.
 * @param writtenBytes how much of its writable part was written
 * @returns whether the driver wants an interrupt for it (2.7.7)
 */
export function complete(
  queue: Virtqueue,
  memory: GuestMemory,
  chain: Chain,
  writtenBytes: number,
): boolean {
  take(queue);
  return giveBack(queue, memory, chain.head, writtenBytes);
}

/** The chain that `peek` returned is the device's until `giveBack`; the next one follows. */
export function take(queue: Virtqueue): void {
  queue.nextAvailable = (queue.nextAvailable + 1) & 0xffff;
  queue.progressBytes = 0;
}

/**
 * Gives a chain that was taken back to the driver, in any order (2.7.8).
 * @returns whether the driver wants an interrupt for it
 */
export function giveBack(
  queue: Virtqueue,
  memory: GuestMemory,
  head: number,
  writtenBytes: number,
): boolean {
  const { available, used } = areas(queue, memory);
  const slot = queue.nextUsed & (queue.size - 1);
  const entry = used + virtio.RING_HEAD_BYTES + slot * virtio.USED_ENTRY_BYTES;
  store32(memory, entry, head);
  store32(memory, entry + 4, writtenBytes);
  touched(memory, entry, virtio.USED_ENTRY_BYTES);
  queue.nextUsed = (queue.nextUsed + 1) & 0xffff;
  store16(memory, used + 2, queue.nextUsed);
  touched(memory, used + 2, 2);
  return (load16(memory, available) & virtio.AVAILABLE_NO_INTERRUPT) === 0;
}

/** Copies bytes into the writable part of a chain, as many as fit. @returns how many */
export function writeChain(
  memory: GuestMemory,
  chain: Pick<Chain, "writable">,
  bytes: Uint8Array,
): number {
  let written = 0;
  for (const { offset, lengthBytes } of chain.writable) {
    const part = bytes.subarray(written, written + lengthBytes);
    memory.ram.set(part, offset);
    touched(memory, offset, part.length);
    written += part.length;
  }
  return written;
}

/** Copies the readable part of a chain, at most `limitBytes` of it. */
export function readChain(memory: GuestMemory, chain: Chain, limitBytes: number): Uint8Array {
  const bytes = new Uint8Array(Math.min(limitBytes, chain.readableBytes));
  let read = 0;
  for (const { offset, lengthBytes } of chain.readable) {
    const part = Math.min(lengthBytes, bytes.length - read);
    bytes.set(memory.ram.subarray(offset, offset + part), read);
    read += part;
  }
  return bytes;
}
