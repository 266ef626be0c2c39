/**
 * A bounded first-in first-out queue of bytes as plain data: what waits between host and guest.
 */

/** What a ring begins with. */
const RING_BYTES_MIN = 64;

export interface ByteQueue {
  /** Ring; grows with what waits, up to the limit. */
  bytes: Uint8Array;
  readonly limitBytes: number;
  /** Index of the oldest byte. */
  first: number;
  lengthBytes: number;
}

/** @param limitBytes how many bytes the queue can hold, > 0 */
export function createByteQueue(limitBytes: number): ByteQueue {
  return { bytes: new Uint8Array(0), limitBytes, first: 0, lengthBytes: 0 };
}

/** Makes room for `neededBytes` in all; the oldest byte is the ring's first then. */
function grow(queue: ByteQueue, neededBytes: number): void {
  let sizeBytes = Math.max(RING_BYTES_MIN, queue.bytes.length);
  while (sizeBytes < neededBytes) {
    sizeBytes *= 2;
  }
  const { first, lengthBytes, bytes } = queue;
  const ring = new Uint8Array(Math.min(sizeBytes, queue.limitBytes));
  const beforeWrap = Math.min(lengthBytes, bytes.length - first);
  ring.set(bytes.subarray(first, first + beforeWrap), 0);
  ring.set(bytes.subarray(0, lengthBytes - beforeWrap), beforeWrap);
  queue.bytes = ring;
  queue.first = 0;
}

/** Appends as many of `source` as there is room for. @returns how many */
export function enqueue(queue: ByteQueue, source: Uint8Array): number {
  const taken = Math.min(source.length, queue.limitBytes - queue.lengthBytes);
  if (taken === 0) {
    return 0;
  }
  if (queue.lengthBytes + taken > queue.bytes.length) {
    grow(queue, queue.lengthBytes + taken);
  }
  const limit = queue.bytes.length;
  const start = (queue.first + queue.lengthBytes) % limit;
  const beforeWrap = Math.min(taken, limit - start);
  queue.bytes.set(source.subarray(0, beforeWrap), start);
  queue.bytes.set(source.subarray(beforeWrap, taken), 0);
  queue.lengthBytes += taken;
  return taken;
}

/** Moves the oldest bytes to `destination`, as many as fit. @returns how many */
export function dequeue(queue: ByteQueue, destination: Uint8Array): number {
  const taken = Math.min(destination.length, queue.lengthBytes);
  const beforeWrap = Math.min(taken, queue.bytes.length - queue.first);
  destination.set(queue.bytes.subarray(queue.first, queue.first + beforeWrap), 0);
  destination.set(queue.bytes.subarray(0, taken - beforeWrap), beforeWrap);
  removeOldest(queue, taken);
  return taken;
}

/** @returns the oldest byte, or -1: empty */
export function oldestByte(queue: ByteQueue): number {
  return queue.lengthBytes === 0 ? -1 : (queue.bytes[queue.first] ?? -1);
}

/** The oldest bytes that lie one behind the other, up to the ring's end; a view, not a copy. */
export function oldestRun(queue: ByteQueue): Uint8Array {
  const end = Math.min(queue.first + queue.lengthBytes, queue.bytes.length);
  return queue.bytes.subarray(queue.first, end);
}

/** Drops the oldest `count` bytes; count ≤ lengthBytes. */
export function removeOldest(queue: ByteQueue, count: number): void {
  queue.first = queue.bytes.length === 0 ? 0 : (queue.first + count) % queue.bytes.length;
  queue.lengthBytes -= count;
}

/** Drops all bytes, and the ring. */
export function clearQueue(queue: ByteQueue): void {
  queue.bytes = new Uint8Array(0);
  queue.first = 0;
  queue.lengthBytes = 0;
}
