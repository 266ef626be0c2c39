/**
 * Memory objects: the page cache of files, and shared anonymous memory. An object is a map from
 * page index to frame; a missing page reads as zeros. Every reader and writer, by `read` or by a
 * mapping, uses the same frames, so that they see each other at once.
 *
 * `spaces` of an object is the reverse map: which spaces have regions of it, for truncation.
 */
import { EFAULT, EINVAL, EIO, ENOMEM, ENOSPC, ENXIO } from "../../abi/errno.js";
import { PAGE_BYTES } from "../../abi/memory.js";
import {
  ATTRIBUTE,
  FRAME_USE,
  FRAME_WISH,
  type KernelCalls,
  type TaskId,
} from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { type MemoryObject, type MemoryState, NO_OBJECT } from "./state.js";

/** Frames that no program gets, so that exits and kills can still work. */
const RESERVE_FRAMES_MAX = 64;
/** On a small machine the reserve is this part of it. */
const RESERVE_DIVISOR = 64;
/** Futex numbers of objects are below this (futex-key.ts). */
const FUTEX_NUMBERS_MAX = 2 ** 15;

/** What an object takes of the host's memory; and what the release of a frame is charged. */
const OBJECT_BYTES = 2048;
const CHARGE_FRAME = 4;

export class MemoryObjects {
  private readonly reserveFrames: number;

  constructor(
    private readonly kernel: KernelCalls,
    private readonly state: MemoryState,
  ) {
    const part = Math.floor(kernel.framesTotal() / RESERVE_DIVISOR);
    this.reserveFrames = Math.min(RESERVE_FRAMES_MAX, part);
  }

  /** A frame for a program, leaving the reserve. @returns frame, -ENOMEM, for files -ENOSPC */
  allocateFrame(zeroed: number, wish: number, use: number = FRAME_USE.memory): Result {
    if (this.kernel.framesFree() <= this.reserveFrames) return -ENOMEM;
    return this.kernel.allocateUserFrame(zeroed, use, wish);
  }

  /** @returns whether so many frames can be had */
  hasRoom(frames: number): boolean {
    return this.kernel.framesFree() - this.reserveFrames >= frames;
  }

  /**
   * @param use what its frames are for: FRAME_USE.memory, FRAME_USE.file
   * @returns the id of a new object with one reference, or -ENOMEM
   */
  create(caller: TaskId, sizeBytes: number, use: number): Result {
    const job = this.kernel.attribute(caller, ATTRIBUTE.job);
    if (this.kernel.mayHold(job, OBJECT_BYTES, 0) < 0) return -ENOMEM;
    this.kernel.hold(job, OBJECT_BYTES, 0);
    const id = this.state.nextObject++;
    this.state.objects.set(id, {
      id,
      job,
      use,
      sizeBytes,
      references: 1,
      frames: new Map(),
      spaces: new Map(),
      futexNumber: 0,
    });
    return id;
  }

  find(id: number): MemoryObject | undefined {
    return this.state.objects.get(id);
  }

  /** The object of a region, which must exist. */
  get(id: number): MemoryObject {
    const object = this.state.objects.get(id);
    if (object === undefined) throw new Error(`memory object ${id} does not exist`);
    return object;
  }

  retain(id: number): Result {
    const object = this.find(id);
    if (object === undefined) return -EINVAL;
    object.references++;
    return 0;
  }

  /** Drops a reference; with the last one the object and its frames go. */
  release(id: number): Result {
    const object = this.find(id);
    if (object === undefined) return -EINVAL;
    if (--object.references > 0) return 0;
    for (const frame of object.frames.values()) this.kernel.releaseFrame(frame);
    this.state.objectFrames -= object.frames.size;
    if (object.futexNumber !== 0) this.state.freeFutexNumbers.push(object.futexNumber);
    this.state.objects.delete(id);
    this.state.names.delete(id);
    this.kernel.hold(object.job, -OBJECT_BYTES, 0);
    // Who lets go of much is charged for it, so that no slice is much longer than it was to be.
    this.kernel.charge(0, object.frames.size * CHARGE_FRAME);
    return 0;
  }

  /** A region of the space shows the object now; the region holds the reference. */
  attach(id: number, space: number): void {
    if (id === NO_OBJECT) return;
    const spaces = this.get(id).spaces;
    spaces.set(space, (spaces.get(space) ?? 0) + 1);
  }

  /** The opposite of attach; drops the region's reference. */
  detach(id: number, space: number): void {
    if (id === NO_OBJECT) return;
    const spaces = this.get(id).spaces;
    const regions = (spaces.get(space) ?? 0) - 1;
    if (regions > 0) spaces.set(space, regions);
    else spaces.delete(space);
    this.release(id);
  }

  /** The frame of a page below the object's size, made if missing (not retained).
   * @returns frame, -EIO: beyond the last page, -ENOMEM */
  frameAt(object: MemoryObject, page: number): Result {
    const frame = object.frames.get(page);
    if (frame !== undefined) return frame;
    if (page * PAGE_BYTES >= object.sizeBytes) return -EIO;
    const made = this.addFrame(object, page, 1);
    // A mapped file that can have no more pages: SIGBUS, as on Linux.
    return made === -ENOSPC ? -EIO : made;
  }

  private addFrame(object: MemoryObject, page: number, zeroed: number): Result {
    const frame = this.allocateFrame(zeroed, FRAME_WISH.any, object.use);
    if (frame < 0) return frame;
    object.frames.set(page, frame);
    this.state.objectFrames++;
    return frame;
  }

  /** Copies [offset, +lengthBytes) to the caller's memory. @returns bytes copied, or -EFAULT */
  read(caller: TaskId, id: number, offset: number, buffer: number, lengthBytes: number): Result {
    const object = this.find(id);
    if (object === undefined || offset < 0) return -EINVAL;
    let done = 0;
    while (done < lengthBytes) {
      const position = offset + done;
      const page = Math.floor(position / PAGE_BYTES);
      const start = position - page * PAGE_BYTES;
      const count = Math.min(PAGE_BYTES - start, lengthBytes - done);
      const frame = object.frames.get(page);
      const result =
        frame === undefined
          ? this.kernel.clearOut(caller, buffer + done, count)
          : this.kernel.copyFrameToTask(caller, buffer + done, frame, start, count);
      if (result < 0) return done > 0 ? done : result;
      done += count;
    }
    return done;
  }

  /** Copies the caller's memory to [offset, +lengthBytes), allocating missing pages, and grows the
   * size to what was written. @returns bytes copied; -ENOMEM or -EFAULT if none */
  write(caller: TaskId, id: number, offset: number, buffer: number, lengthBytes: number): Result {
    const object = this.find(id);
    if (object === undefined || offset < 0) return -EINVAL;
    let done = 0;
    let result: Result = 0;
    while (done < lengthBytes) {
      const position = offset + done;
      const page = Math.floor(position / PAGE_BYTES);
      const start = position - page * PAGE_BYTES;
      const count = Math.min(PAGE_BYTES - start, lengthBytes - done);
      result = this.writePage(caller, object, page, start, buffer + done, count);
      if (result < 0) break;
      done += count;
    }
    if (done > 0) object.sizeBytes = Math.max(object.sizeBytes, offset + done);
    return done > 0 ? done : result;
  }

  private writePage(
    caller: TaskId,
    object: MemoryObject,
    page: number,
    start: number,
    buffer: number,
    count: number,
  ): Result {
    let frame = object.frames.get(page);
    const fresh = frame === undefined;
    if (frame === undefined) {
      frame = this.addFrame(object, page, count === PAGE_BYTES ? 0 : 1);
      if (frame < 0) return frame;
    }
    const result = this.kernel.copyTaskToFrame(caller, buffer, frame, start, count);
    if (result === 0) return 0;
    // A page that nothing was written to must not stay, and never with another's old bytes.
    if (fresh) this.dropPage(object, page, frame);
    return -EFAULT;
  }

  private dropPage(object: MemoryObject, page: number, frame: number): void {
    object.frames.delete(page);
    this.state.objectFrames--;
    this.kernel.releaseFrame(frame);
  }

  /**
   * Fills a page of a new object with bytes of the service's own (the vDSO). @returns 0 or -ENOMEM
   */
  fill(id: number, page: number, bytes: Uint8Array): Result {
    const frame = this.addFrame(this.get(id), page, 1);
    if (frame < 0) return frame;
    this.kernel.frameOut(frame, 0, bytes, 0, Math.min(bytes.length, PAGE_BYTES));
    return 0;
  }

  /** Sets the size: frees the pages behind it and clears the tail of the last one. Mappings of
   * pages behind it must have been removed (zapObject). */
  truncate(object: MemoryObject, sizeBytes: number): void {
    if (sizeBytes < object.sizeBytes) {
      this.dropRange(object, Math.ceil(sizeBytes / PAGE_BYTES), Number.POSITIVE_INFINITY);
      const tail = sizeBytes % PAGE_BYTES;
      const last = object.frames.get(Math.floor(sizeBytes / PAGE_BYTES));
      if (tail !== 0 && last !== undefined) this.kernel.clearFrame(last, tail, PAGE_BYTES - tail);
    }
    object.sizeBytes = sizeBytes;
  }

  /** Frees the pages from `first` up to before `end`: they read as zeros again. */
  dropRange(object: MemoryObject, first: number, end: number): void {
    if (end - first < object.frames.size) {
      for (let page = first; page < end; page++) {
        const frame = object.frames.get(page);
        if (frame !== undefined) this.dropPage(object, page, frame);
      }
      return;
    }
    for (const [page, frame] of object.frames) {
      if (page >= first && page < end) this.dropPage(object, page, frame);
    }
  }

  /** Clears what a range has of pages that lie in it only in part. */
  clearParts(object: MemoryObject, start: number, end: number): void {
    for (const page of [Math.floor(start / PAGE_BYTES), Math.floor(end / PAGE_BYTES)]) {
      const from = Math.max(start, page * PAGE_BYTES);
      const to = Math.min(end, (page + 1) * PAGE_BYTES);
      const frame = object.frames.get(page);
      if (frame === undefined || from >= to) continue;
      this.kernel.clearFrame(frame, from - page * PAGE_BYTES, to - from);
    }
  }

  /** Present pages from `first` up to before `end`. */
  countIn(object: MemoryObject, first: number, end: number): number {
    let count = 0;
    if (end - first > object.frames.size) {
      for (const page of object.frames.keys()) if (page >= first && page < end) count++;
      return count;
    }
    for (let page = first; page < end; page++) if (object.frames.has(page)) count++;
    return count;
  }

  /** @returns the first present (or missing) page ≥ page; -ENXIO: none is present */
  next(object: MemoryObject, page: number, present: boolean): Result {
    if (!present) {
      let missing = page;
      while (object.frames.has(missing)) missing++;
      return missing;
    }
    if (object.frames.has(page)) return page;
    let found = Number.POSITIVE_INFINITY;
    for (const other of object.frames.keys()) if (other >= page && other < found) found = other;
    return found === Number.POSITIVE_INFINITY ? -ENXIO : found;
  }

  /** Allocates all missing pages of a range, or none. @returns 0, -ENOMEM, for files -ENOSPC */
  allocate(object: MemoryObject, first: number, end: number): Result {
    const missing = end - first - this.countIn(object, first, end);
    if (missing > this.kernel.framesFree() - this.reserveFrames) return -ENOMEM;
    const added: number[] = [];
    for (let page = first; page < end; page++) {
      if (object.frames.has(page)) continue;
      const frame = this.addFrame(object, page, 1);
      if (frame >= 0) added.push(page);
      else {
        for (const one of added) this.dropPage(object, one, object.frames.get(one) as number);
        return frame;
      }
    }
    return 0;
  }

  /** @returns the object's small number in futex keys, made when first asked for, or -ENOMEM */
  futexNumber(object: MemoryObject): Result {
    if (object.futexNumber === 0) {
      const free = this.state.freeFutexNumbers.pop();
      if (free === undefined && this.state.nextFutexNumber >= FUTEX_NUMBERS_MAX) return -ENOMEM;
      object.futexNumber = free ?? this.state.nextFutexNumber++;
    }
    return object.futexNumber;
  }
}
