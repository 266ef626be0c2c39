/**
 * madvise(2), msync(2), mincore(2): calls over a range that may have holes. What is in regions is
 * treated, then a hole is ENOMEM.
 */
import { EACCES, EAGAIN, EBUSY, EFAULT, EINVAL, ENOMEM } from "../../abi/errno.js";
import * as abi from "../../abi/memory.js";
import type { KernelCalls, TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import type { Faults } from "./faults.js";
import { isFull } from "./limits.js";
import type { MemoryObjects } from "./objects.js";
import { changeRegions, isAligned, isUserRange, lowerBound, pagesOf } from "./regions.js";
import { type MemoryState, NO_OBJECT, REGION, type Region, type Space } from "./state.js";

const { PAGE_BYTES } = abi;
/** What drops pages: not from locked regions. */
const DROPPING: ReadonlySet<number> = new Set([
  abi.MADV_FREE,
  abi.MADV_DONTNEED,
  abi.MADV_REMOVE,
  abi.MADV_COLD,
  abi.MADV_PAGEOUT,
]);

export class Advice {
  constructor(
    private readonly kernel: KernelCalls,
    private readonly state: MemoryState,
    private readonly objects: MemoryObjects,
    private readonly faults: Faults,
  ) {}

  /** madvise(2). Hints about access patterns, huge pages and dumps are accepted without effect. */
  advise(space: Space, address: number, lengthBytes: number, advice: number): Result {
    if (!isAdvice(advice) || !isAligned(address)) return -EINVAL;
    if (!isUserRange(address, lengthBytes)) {
      // Lengths that wrap around arrive as the largest number there is.
      return lengthBytes < Number.MAX_SAFE_INTEGER ? -ENOMEM : -EINVAL;
    }
    let page = address / PAGE_BYTES;
    const end = page + pagesOf(lengthBytes);
    let hole = false;
    while (page < end) {
      const region = space.regions[lowerBound(space, page)];
      if (region === undefined || region.startPage >= end) return -ENOMEM;
      if (region.startPage > page) hole = true;
      const start = Math.max(region.startPage, page);
      const stop = Math.min(region.endPage, end);
      const result = this.adviseRegion(space, region, start, stop, advice);
      if (result < 0) return result;
      page = stop;
    }
    return hole ? -ENOMEM : 0;
  }

  private adviseRegion(
    space: Space,
    region: Region,
    start: number,
    end: number,
    advice: number,
  ): Result {
    const anonymous = region.object === NO_OBJECT;
    if ((region.flags & REGION.locked) !== 0 && DROPPING.has(advice)) return -EINVAL;
    switch (advice) {
      case abi.MADV_FREE:
        // Linux may keep the pages for a while; dropping them at once is permitted.
        if (!anonymous) return -EINVAL;
        this.kernel.unmap(space.id, start, end - start);
        return 0;
      case abi.MADV_DONTNEED:
      case abi.MADV_DONTNEED_LOCKED:
        this.kernel.unmap(space.id, start, end - start);
        return 0;
      case abi.MADV_REMOVE:
        return this.removePages(region, start, end);
      case abi.MADV_DONTFORK:
        return this.setFlag(space, start, end, REGION.notForked, true);
      case abi.MADV_DOFORK:
        return this.setFlag(space, start, end, REGION.notForked, false);
      case abi.MADV_WIPEONFORK:
        if (!anonymous) return -EINVAL;
        return this.setFlag(space, start, end, REGION.wipedOnFork, true);
      case abi.MADV_KEEPONFORK:
        return this.setFlag(space, start, end, REGION.wipedOnFork, false);
      case abi.MADV_POPULATE_READ:
        return this.populate(space, region, start, end, abi.PROT_READ);
      case abi.MADV_POPULATE_WRITE:
        return this.populate(space, region, start, end, abi.PROT_WRITE);
      default:
        return 0;
    }
  }

  private setFlag(space: Space, start: number, end: number, flag: number, on: boolean): Result {
    if (isFull(this.kernel, space)) return -EAGAIN;
    changeRegions(this.objects, space, start, end, -1, on ? flag : 0, flag);
    return 0;
  }

  /** MADV_POPULATE_*: ENOMEM for what is not permitted, EFAULT beyond the object (madvise(2)). */
  private populate(
    space: Space,
    region: Region,
    start: number,
    end: number,
    access: number,
  ): Result {
    if ((region.protection & access) === 0) return -EINVAL;
    for (let page = start; page < end; page++) {
      const result = this.faults.resolve(space, region, page, access);
      if (result < 0) return result === -ENOMEM ? -ENOMEM : -EFAULT;
    }
    return 0;
  }

  /** MADV_REMOVE: a hole in the object, seen by all who map it. */
  private removePages(region: Region, start: number, end: number): Result {
    if (region.object === NO_OBJECT) return -EINVAL;
    const isWritable = (region.protection & abi.PROT_WRITE) !== 0;
    if ((region.flags & REGION.shared) === 0 || !isWritable) return -EACCES;
    const first = region.objectPage + start - region.startPage;
    this.zapObject(region.object, first, first + end - start);
    this.objects.dropRange(this.objects.get(region.object), first, first + end - start);
    return 0;
  }

  /** Removes every space's mappings of pages first … end - 1 of an object, private copies included
   * (as Linux's truncation does). */
  zapObject(id: number, first: number, end: number): void {
    for (const spaceId of this.objects.get(id).spaces.keys()) {
      const space = this.state.spaces.get(spaceId);
      if (space === undefined)
        throw new Error(`object ${id} names space ${spaceId}, which is gone`);
      for (const region of space.regions) {
        if (region.object !== id) continue;
        const offset = region.startPage - region.objectPage;
        const from = Math.max(region.startPage, first + offset);
        const to = Math.min(region.endPage, end + offset);
        if (from < to) this.kernel.unmap(spaceId, from, to - from);
      }
    }
  }

  /** ftruncate's side of memory. */
  truncate(id: number, sizeBytes: number): Result {
    const object = this.objects.find(id);
    if (object === undefined || sizeBytes < 0) return -EINVAL;
    if (sizeBytes < object.sizeBytes) {
      this.zapObject(id, pagesOf(sizeBytes), Number.POSITIVE_INFINITY);
    }
    this.objects.truncate(object, sizeBytes);
    return 0;
  }

  /** Clears a range of an object's bytes (fallocate's PUNCH_HOLE): whole pages become holes. */
  clear(id: number, offset: number, lengthBytes: number): Result {
    const object = this.objects.find(id);
    if (object === undefined || offset < 0 || lengthBytes < 0) return -EINVAL;
    const first = Math.ceil(offset / PAGE_BYTES);
    const end = Math.floor((offset + lengthBytes) / PAGE_BYTES);
    if (first < end) {
      this.zapObject(id, first, end);
      this.objects.dropRange(object, first, end);
    }
    this.objects.clearParts(object, offset, offset + lengthBytes);
    return 0;
  }

  /** msync(2): `read` and mappings use the same frames, so nothing is left to do. */
  synchronize(space: Space, address: number, lengthBytes: number, flags: number): Result {
    const known = abi.MS_ASYNC | abi.MS_INVALIDATE | abi.MS_SYNC;
    const both = abi.MS_ASYNC | abi.MS_SYNC;
    if ((flags & ~known) !== 0 || (flags & both) === both || !isAligned(address)) return -EINVAL;
    if (!isUserRange(address, lengthBytes)) return -ENOMEM;
    if ((flags & abi.MS_INVALIDATE) !== 0 && this.isLocked(space, address, lengthBytes)) {
      return -EBUSY;
    }
    return this.isMapped(space, address, lengthBytes) ? 0 : -ENOMEM;
  }

  private isLocked(space: Space, address: number, lengthBytes: number): boolean {
    const end = address / PAGE_BYTES + pagesOf(lengthBytes);
    let index = lowerBound(space, address / PAGE_BYTES);
    for (; index < space.regions.length; index++) {
      const region = space.regions[index] as Region;
      if (region.startPage >= end) return false;
      if ((region.flags & REGION.locked) !== 0) return true;
    }
    return false;
  }

  private isMapped(space: Space, address: number, lengthBytes: number): boolean {
    let page = address / PAGE_BYTES;
    const end = page + pagesOf(lengthBytes);
    while (page < end) {
      const region = space.regions[lowerBound(space, page)];
      if (region === undefined || region.startPage > page) return false;
      page = region.endPage;
    }
    return true;
  }

  /** mincore(2): bit 0 of one byte per page. */
  residency(
    caller: TaskId,
    space: Space,
    address: number,
    lengthBytes: number,
    vector: number,
    pages: number,
  ): Result {
    if (!isAligned(address)) return -EINVAL;
    if (!isUserRange(address, lengthBytes)) return -ENOMEM;
    if (!this.isMapped(space, address, lengthBytes)) return -ENOMEM;
    const count = Math.min(pagesOf(lengthBytes), pages);
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) bytes[i] = this.isResident(space, address / PAGE_BYTES + i);
    return this.kernel.copyOut(caller, vector, bytes, 0, count);
  }

  private isResident(space: Space, page: number): number {
    if (this.kernel.mapping(space.id, page) >= 0) return 1;
    const region = space.regions[lowerBound(space, page)] as Region;
    if (region.object === NO_OBJECT) return 0;
    const index = region.objectPage + page - region.startPage;
    return this.objects.get(region.object).frames.has(index) ? 1 : 0;
  }
}

/** @returns whether Linux knows the advice, if built without huge pages, merging of like pages
 * (KSM) and pages that are made bad */
function isAdvice(advice: number): boolean {
  return (
    (advice >= abi.MADV_NORMAL && advice <= abi.MADV_DONTNEED) ||
    (advice >= abi.MADV_FREE && advice <= abi.MADV_DOFORK) ||
    (advice >= abi.MADV_DONTDUMP && advice <= abi.MADV_DONTNEED_LOCKED)
  );
}
