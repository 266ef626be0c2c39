/**
 * Calls that move bytes: read, write and their kin, looped over in chunks of at most
 * RANGE_BYTES_MAX. Only this layer loops over partial results; progress is in the call record.
 *
 * A read ends with the first chunk that comes short; a write goes on until all is written (a full
 * pipe blocks with the progress kept). An error behind progress gives the progress.
 */
import { EBADF, EFAULT, EINVAL } from "../abi/errno.js";
import { F_GETFL, F_GETPIPE_SZ, O_ACCMODE, O_PATH, O_RDONLY, O_WRONLY } from "../abi/file.js";
import { addScratch, type CallRecord } from "../kernel/call-record.js";
import { ACCESS_READ, ACCESS_WRITE } from "../kernel/platform.js";
import { BLOCKED, RANGE_BYTES_MAX, type Result } from "../kernel/protocol.js";
import type { Task } from "../kernel/tasks.js";
import type { Dispatch } from "./dispatch.js";
import { operateRow, type Partial, type Row, type Words } from "./row.js";

/** Linux moves at most this many bytes in a call (MAX_RW_COUNT). */
const TRANSFER_BYTES_MAX = 0x7fff_f000;
/** Most elements of a vector (UIO_MAXIOV). */
const VECTOR_MAX = 1024;
const IOVEC_BYTES = 16;

interface Segment {
  readonly address: number;
  readonly lengthBytes: number;
}

/** @param words descriptor, buffer (or vector), length (or count), perhaps the offset */
export function runPartial(
  layer: Dispatch,
  task: Task,
  row: Row,
  given: Partial,
  words: Words,
): Result {
  if ((words[2] as number) < 0) return -EINVAL;
  const partial = given.direction === "either" ? resolve(layer, task, given, words) : given;
  if (typeof partial === "number") return partial;
  if (!partial.isVector) return runPlain(layer, task, row, partial, words);
  const segments: Segment[] = [];
  const failed = readVector(layer, task, words[1] as number, words[2] as number, segments);
  return failed !== 0 ? failed : runVector(layer, task, row, partial, words, segments);
}

/** A pipe's end moves bytes in one direction. @returns the row's partial with it, or -EBADF */
function resolve(layer: Dispatch, task: Task, partial: Partial, words: Words): Partial | Result {
  const { file } = layer.services;
  const descriptor = words[0] as number;
  if (file.control(task.id, descriptor, F_GETPIPE_SZ, 0) < 0) return -EBADF;
  const access = file.control(task.id, descriptor, F_GETFL, 0) & O_ACCMODE;
  return { ...partial, direction: access === O_RDONLY ? "read" : "write" };
}

/**
 * Runs a row that moves bytes between files: its length in chunks, until one comes short. The
 * word behind the row's own is what was done so far.
 * @param count how many words are the row's own
 */
export function runChunks(
  layer: Dispatch,
  task: Task,
  row: Row,
  words: Words,
  count: number,
): Result {
  const record = task.call;
  const total = Math.min(words[row.chunkWord] as number, TRANSFER_BYTES_MAX);
  if (!(total >= 0)) return -EINVAL;
  const now = words.slice();
  for (;;) {
    if (record.scratch.length > record.inputs) record.scratch.length = record.inputs;
    const chunk = Math.min(total - record.progress, RANGE_BYTES_MAX);
    now[row.chunkWord] = chunk;
    now[count] = record.progress;
    const result = operateRow(row, layer.services, task.id, now, count + 1);
    if (result === BLOCKED) return BLOCKED;
    if (result < 0) return record.progress > 0 ? record.progress : result;
    record.progress += result;
    if (result < chunk || record.progress >= total) return record.progress;
  }
}

/** A row with one buffer, in chunks. */
function runPlain(layer: Dispatch, task: Task, row: Row, partial: Partial, words: Words): Result {
  const record = task.call;
  const total = Math.min(words[2] as number, TRANSFER_BYTES_MAX);
  const address = words[1] as number;
  const access = partial.direction === "read" ? ACCESS_WRITE : ACCESS_READ;
  for (;;) {
    const at = address + record.progress;
    const chunk = Math.min(total - record.progress, RANGE_BYTES_MAX);
    const ready = chunk === 0 ? 0 : layer.prepare(task, at, chunk, access);
    const result =
      ready >= 0
        ? operate(layer, task, row, partial, words, chunk === 0 ? address : at, ready)
        : ready === BLOCKED
          ? BLOCKED
          : badRange(layer, task, partial, words, ready);
    if (isOver(record, partial, result, chunk, total)) return outcome(record, partial, result);
  }
}

/** A row with a vector of buffers, in chunks. */
function runVector(
  layer: Dispatch,
  task: Task,
  row: Row,
  partial: Partial,
  words: Words,
  segments: readonly Segment[],
): Result {
  const record = task.call;
  const total = segments.reduce((sum, segment) => sum + segment.lengthBytes, 0);
  for (;;) {
    const chunk = Math.min(total - record.progress, RANGE_BYTES_MAX);
    const result = moveChunk(layer, task, row, partial, words, segments, chunk);
    if (isOver(record, partial, result, chunk, total)) return outcome(record, partial, result);
  }
}

/** Counts what a chunk has done. @returns whether the call ends, or waits, with it */
function isOver(
  record: CallRecord,
  partial: Partial,
  result: Result,
  chunk: number,
  total: number,
): boolean {
  if (result < 0) return true;
  record.progress += result;
  // A chunk shortened by a bad page comes short too; the next round of a write finds the fault.
  const isShort = result === 0 || (partial.direction === "read" && result < chunk);
  return isShort || record.progress >= total;
}

/** What a call gives that ends with this result of its last chunk. */
function outcome(record: CallRecord, partial: Partial, result: Result): Result {
  if (result >= 0) return record.progress;
  if (result === BLOCKED) {
    return record.progress > 0 && partial.direction === "read" ? record.progress : BLOCKED;
  }
  return record.progress > 0 ? record.progress : result;
}

/** Calls the row's operation for a chunk whose memory is there. */
function operate(
  layer: Dispatch,
  task: Task,
  row: Row,
  partial: Partial,
  words: Words,
  address: number,
  lengthBytes: number,
): Result {
  const { progress } = task.call;
  const descriptor = words[0] as number;
  const offset = offsetOf(partial, words, progress);
  const flags = partial.flagsWord < 0 ? 0 : (words[partial.flagsWord] as number);
  return row.operate(
    layer.services,
    task.id,
    descriptor,
    address,
    lengthBytes,
    offset,
    flags,
    progress,
    0,
    0,
    0,
  );
}

/** Moves the next bytes of the segments. @returns bytes moved, -errno or BLOCKED */
function moveChunk(
  layer: Dispatch,
  task: Task,
  row: Row,
  partial: Partial,
  words: Words,
  segments: readonly Segment[],
  chunk: number,
): Result {
  const parts = partsOf(segments, task.call.progress, chunk);
  const access = partial.direction === "read" ? ACCESS_WRITE : ACCESS_READ;
  let ready = 0;
  for (const part of parts) {
    const prepared = layer.prepare(task, part.address, part.lengthBytes, access);
    if (prepared === BLOCKED) return BLOCKED;
    if (prepared < 0 && ready === 0) return badRange(layer, task, partial, words, prepared);
    ready += Math.max(prepared, 0);
    if (prepared < part.lengthBytes) break;
  }
  if (parts.length > 1) return throughScratch(layer, task, row, partial, words, parts, ready);
  const address = parts[0]?.address ?? segments[0]?.address ?? 0;
  return operate(layer, task, row, partial, words, address, ready);
}

/** A bad buffer counts only if the descriptor is open for this direction. */
function badRange(
  layer: Dispatch,
  task: Task,
  partial: Partial,
  words: Words,
  error: Result,
): Result {
  const flags = layer.services.file.control(task.id, words[0] as number, F_GETFL, 0);
  if (flags < 0) return flags;
  const other = partial.direction === "read" ? O_WRONLY : O_RDONLY;
  return (flags & O_PATH) !== 0 || (flags & O_ACCMODE) === other ? -EBADF : error;
}

/** Where the next chunk goes; -1: at the file's position. */
function offsetOf(partial: Partial, words: Words, progress: number): number {
  if (partial.offsetWord < 0) return -1;
  const given = words[partial.offsetWord] as number;
  return partial.flagsWord >= 0 && given === -1 ? -1 : given + progress;
}

/** Several segments move as one, so that a write to a pipe stays atomic. */
function throughScratch(
  layer: Dispatch,
  task: Task,
  row: Row,
  partial: Partial,
  words: Words,
  parts: readonly Segment[],
  ready: number,
): Result {
  const record = task.call;
  const memory = { space: task.space, record };
  if (record.scratch.length > record.inputs) record.scratch.length = record.inputs;
  const address = addScratch(record, ready);
  const buffer = record.scratch[record.scratch.length - 1] as Uint8Array;
  let at = 0;
  if (partial.direction === "write") {
    for (const part of parts) {
      const length = Math.min(part.lengthBytes, ready - at);
      if (layer.kernel.memory.read(memory, part.address, buffer, at, length) < 0) return -EFAULT;
      at += length;
    }
    return operate(layer, task, row, partial, words, address, ready);
  }
  const result = operate(layer, task, row, partial, words, address, ready);
  for (const part of parts) {
    const length = Math.min(part.lengthBytes, result - at);
    if (length <= 0) break;
    layer.kernel.memory.write(memory, part.address, buffer, at, length);
    at += length;
  }
  return result;
}

/** The segments' parts that cover [from, +length). */
function partsOf(segments: readonly Segment[], from: number, length: number): Segment[] {
  const parts: Segment[] = [];
  let start = 0;
  let left = length;
  for (const segment of segments) {
    const skip = Math.max(0, from - start);
    const lengthBytes = Math.min(segment.lengthBytes - skip, left);
    if (lengthBytes > 0) {
      parts.push({ address: segment.address + skip, lengthBytes });
      left -= lengthBytes;
    }
    start += segment.lengthBytes;
  }
  return parts;
}

/** Reads an array of struct iovec. @returns 0, -errno or BLOCKED */
function readVector(
  layer: Dispatch,
  task: Task,
  address: number,
  count: number,
  segments: Segment[],
): Result {
  if (!(count >= 0 && count <= VECTOR_MAX)) return -EINVAL;
  const lengthBytes = count * IOVEC_BYTES;
  const ready = layer.prepare(task, address, lengthBytes, ACCESS_READ);
  if (ready < lengthBytes) return ready < 0 ? ready : -EFAULT;
  const bytes = new Uint8Array(lengthBytes);
  const memory = { space: task.space, record: task.call };
  if (layer.kernel.memory.read(memory, address, bytes, 0, lengthBytes) < 0) return -EFAULT;
  const view = new DataView(bytes.buffer);
  let total = 0;
  for (let i = 0; i < count; i++) {
    const at = i * IOVEC_BYTES;
    const base = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
    const high = view.getInt32(at + 12, true);
    if (high < 0) return -EINVAL;
    const wanted = view.getUint32(at + 8, true) + high * 2 ** 32;
    const length = Math.min(wanted, TRANSFER_BYTES_MAX - total);
    total += length;
    segments.push({ address: base < 2 ** 38 ? base : 2 ** 39, lengthBytes: length });
  }
  return 0;
}
