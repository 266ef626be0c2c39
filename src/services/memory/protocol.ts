/**
 * Protocol of the memory service: regions of address spaces, page faults, memory objects (the page
 * cache and shared memory), and the preparation of ranges that calls will copy to or from.
 */

import type { TaskId } from "../../kernel/calls.js";
import {
  handle,
  input,
  operation,
  output,
  path,
  protocol,
  type Result,
  word,
} from "../../kernel/protocol.js";
import { LOCK_OPERATIONS, type LockOperations } from "./protocol-locks.js";

/**
 * Of map's flags, ours and not Linux's (the system-call layer masks it out of a program's flags):
 * the object's descriptor does not permit writing, so that a shared mapping may never become
 * writable.
 */
export const MAP_OBJECT_READ_ONLY = 0x4000_0000;

export interface MemoryService extends LockOperations {
  /** Events of the kernel; answers 0. */
  event(caller: TaskId, kind: number, word0: number, word1: number, word2: number): Result;
  /** Ends what the caller's call prepared (new spaces): makes it real, or undoes it. */
  commit(caller: TaskId, callId: number): Result;
  abort(caller: TaskId, callId: number): Result;
  /**
   * Page fault of the caller. @returns 0, -EFAULT (no region), -EACCES (permission), -EIO (beyond
   * the object: SIGBUS), -ENOMEM, or BLOCKED
   */
  fault(caller: TaskId, page: number, access: number): Result;
  /** Faults in [address, +length) for ACCESS_* access. @returns the length that can be copied now
   * (≤ RANGE_BYTES_MAX, shortened at the first bad page), -EFAULT if none, -ENOMEM, or BLOCKED */
  prepare(caller: TaskId, address: number, lengthBytes: number, access: number): Result;
  /** mmap. object: -1 anonymous, else a memory object (mapping retains it). @returns the address */
  map(
    caller: TaskId,
    address: number,
    lengthBytes: number,
    protection: number,
    flags: number,
    object: number,
    objectOffset: number,
  ): Result;
  unmap(caller: TaskId, address: number, lengthBytes: number): Result;
  protect(caller: TaskId, address: number, lengthBytes: number, protection: number): Result;
  remap(
    caller: TaskId,
    address: number,
    oldLengthBytes: number,
    newLengthBytes: number,
    flags: number,
    newAddress: number,
  ): Result;
  /** brk(2): @returns the new (or unchanged) break */
  setBreak(caller: TaskId, address: number): Result;
  advise(caller: TaskId, address: number, lengthBytes: number, advice: number): Result;
  synchronize(caller: TaskId, address: number, lengthBytes: number, flags: number): Result;
  /** mincore: one byte per page. */
  residency(
    caller: TaskId,
    address: number,
    lengthBytes: number,
    vector: number,
    pages: number,
  ): Result;
  /**
   * fork: gives `child` a copy (copy-on-write) of the caller's space, or the same space (shared 1).
   * Belongs to the caller's call: undone by abort.
   */
  fork(caller: TaskId, child: TaskId, shared: number): Result;
  /** The task leaves its space (exit); the last one frees it. */
  leave(caller: TaskId): Result;
  /**
   * execve: an empty space for the caller's call, in use from commit on. The same again on a
   * re-run, emptied. @returns its id
   */
  createSpace(caller: TaskId): Result;
  /** Maps into a space made by createSpace; arguments as map. */
  mapInto(
    caller: TaskId,
    space: number,
    address: number,
    lengthBytes: number,
    protection: number,
    flags: number,
    object: number,
    objectOffset: number,
  ): Result;
  /** Writes into a space made by createSpace (stack, tail of .data). */
  writeInto(
    caller: TaskId,
    space: number,
    address: number,
    source: number,
    lengthBytes: number,
  ): Result;
  /** Where brk begins in a space made by createSpace. */
  setBreakStart(caller: TaskId, space: number, address: number): Result;
  /**
   * A memory object with one reference: page-wise content, demand-zero. @returns its id or -ENOMEM
   */
  createObject(caller: TaskId, sizeBytes: number): Result;
  retainObject(caller: TaskId, object: number): Result;
  releaseObject(caller: TaskId, object: number): Result;
  /**
   * Copies between the object's pages and the caller's memory (or scratch); missing pages read as
   * zeros and are allocated by writes, which grow the object to what they wrote. The file system
   * owns the size: reads are not cut at it. @returns bytes copied
   */
  readObject(
    caller: TaskId,
    object: number,
    offset: number,
    buffer: number,
    lengthBytes: number,
  ): Result;
  writeObject(
    caller: TaskId,
    object: number,
    offset: number,
    buffer: number,
    lengthBytes: number,
  ): Result;
  /** Sets the size: frees pages behind it, clears the tail of the last, zaps mappings. */
  truncateObject(caller: TaskId, object: number, sizeBytes: number): Result;
  /** Present pages of an object (st_blocks). */
  objectPages(caller: TaskId, object: number): Result;
  /** Present pages from `first` up to before `end`. */
  objectPagesIn(caller: TaskId, object: number, first: number, end: number): Result;
  /** Makes the bytes [offset, +length) read as zeros: whole pages go, with their mappings. */
  clearObject(caller: TaskId, object: number, offset: number, lengthBytes: number): Result;
  /** The first page ≥ page that is present (1) or missing (0). @returns it, or -ENXIO: none */
  nextObjectPage(caller: TaskId, object: number, page: number, present: number): Result;
  /** Allocates the missing pages from `first` up to before `end`, zeroed; the size stays.
   * @returns 0, or -ENOMEM: none was allocated */
  allocateObject(caller: TaskId, object: number, first: number, end: number): Result;
  /**
   * Identity of a futex word. shared 0: within the space. @returns a key that is equal for the same
   * word (for shared memory: of object and offset, else of space and address), or -EFAULT
   */
  futexKey(caller: TaskId, address: number, shared: number): Result;
  /** Text of /proc/PID/maps of `task` from byte `offset` on. @returns bytes written */
  describeMaps(
    caller: TaskId,
    task: TaskId,
    offset: number,
    buffer: number,
    lengthBytes: number,
  ): Result;
  /** The same for /proc/PID/smaps. */
  describeUse(
    caller: TaskId,
    task: TaskId,
    offset: number,
    buffer: number,
    lengthBytes: number,
  ): Result;
  /** The same for /proc/PID/pagemap: 8 bytes for each page, `offset` a multiple of that. */
  describePages(
    caller: TaskId,
    task: TaskId,
    offset: number,
    buffer: number,
    lengthBytes: number,
  ): Result;
  /** Bytes of another task's memory, whatever its protection; who may look is the caller's affair.
   * @returns bytes copied, -EFAULT, or 0: the task has no memory any more */
  readSpace(
    caller: TaskId,
    task: TaskId,
    address: number,
    buffer: number,
    lengthBytes: number,
  ): Result;
  /** What /proc/PID/maps says of the file behind an object: Linux's encoding of its device, its
   * inode number, its path. */
  nameObject(
    caller: TaskId,
    object: number,
    device: number,
    inode: number,
    path: number,
    pathLength: number,
  ): Result;
  /**
   * One figure of a task: 0 virtual pages, 1 resident, 2 shared, 3 text, 4 data, 5 stack, 6 locked,
   * 7 most resident at a time, 8 frames of page tables, 9 most virtual pages at a time, 10 the
   * address where the heap begins; and of the system (task 0): 0 frames total, 1 free, 2 page
   * cache.
   */
  usage(caller: TaskId, task: TaskId, figure: number): Result;
  /**
   * Maps the vDSO read and execute into a space made by createSpace, at a random address, as
   * [vdso].
   * @returns its address, 0 if the system has no vDSO, or -ENOMEM
   */
  mapVdso(caller: TaskId, space: number): Result;
}

export const memoryProtocol = protocol<MemoryService>("memory", {
  ...LOCK_OPERATIONS,
  event: operation(1, "mutation", word, word, word, word),
  commit: operation(2, "mutation", handle),
  abort: operation(3, "mutation", handle),
  fault: operation(4, "query", word, word),
  prepare: operation(5, "query", word, word, word),
  map: operation(6, "mutation", word, word, word, word, handle, word),
  unmap: operation(7, "mutation", word, word),
  protect: operation(8, "mutation", word, word, word),
  remap: operation(9, "mutation", word, word, word, word, word),
  setBreak: operation(10, "mutation", word),
  advise: operation(11, "mutation", word, word, word),
  synchronize: operation(12, "mutation", word, word, word),
  residency: operation(13, "query", word, word, output(3), word),
  fork: operation(14, "query", handle, word),
  leave: operation(15, "mutation"),
  createSpace: operation(16, "query"),
  mapInto: operation(17, "query", handle, word, word, word, word, handle, word),
  writeInto: operation(18, "query", handle, word, input(3), word),
  setBreakStart: operation(19, "query", handle, word),
  createObject: operation(20, "mutation", word),
  retainObject: operation(21, "mutation", handle),
  releaseObject: operation(22, "mutation", handle),
  readObject: operation(23, "query", handle, word, output(3), word),
  writeObject: operation(24, "mutation", handle, word, input(3), word),
  truncateObject: operation(25, "mutation", handle, word),
  objectPages: operation(26, "query", handle),
  objectPagesIn: operation(60, "query", handle, word, word),
  clearObject: operation(61, "mutation", handle, word, word),
  nextObjectPage: operation(62, "query", handle, word, word),
  allocateObject: operation(63, "mutation", handle, word, word),
  futexKey: operation(27, "query", word, word),
  describeMaps: operation(28, "query", handle, word, output(3), word),
  usage: operation(29, "query", handle, word),
  describeUse: operation(50, "query", handle, word, output(3), word),
  describePages: operation(53, "query", handle, word, output(3), word),
  readSpace: operation(51, "query", handle, word, output(3), word),
  nameObject: operation(52, "mutation", handle, word, word, path),
  mapVdso: operation(30, "query", handle),
});
