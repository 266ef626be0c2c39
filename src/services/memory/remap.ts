/**
 * mremap(2): shrinks, grows in place, or moves a part of one region. Pages move with their
 * mappings, nothing is copied.
 */
import { EAGAIN, EFAULT, EINVAL, ENOMEM } from "../../abi/errno.js";
import {
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PAGE_BYTES,
  USER_ADDRESS_LIMIT,
} from "../../abi/memory.js";
import type { KernelCalls, TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { isFull } from "./limits.js";
import type { Locks } from "./locks.js";
import type { Mapping } from "./mapping.js";
import type { MemoryObjects } from "./objects.js";
import {
  changeRegions,
  extendRegion,
  findRegion,
  findRoom,
  insertRegion,
  isAligned,
  isFree,
  isUserRange,
  pagesOf,
  removeRegions,
} from "./regions.js";
import { LOCK_FLAGS, NO_OBJECT, PAGE_LIMIT, REGION, type Region, type Space } from "./state.js";

const KNOWN_FLAGS = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;

export class Remapping {
  constructor(
    private readonly kernel: KernelCalls,
    private readonly objects: MemoryObjects,
    private readonly mapping: Mapping,
    private readonly locks: Locks,
  ) {}

  /** mremap(2). @returns the address of the range in its new size */
  remap(
    caller: TaskId,
    space: Space,
    address: number,
    oldLengthBytes: number,
    newLengthBytes: number,
    flags: number,
    newAddress: number,
  ): Result {
    const refused = this.check(address, oldLengthBytes, newLengthBytes, flags, newAddress);
    if (refused < 0) return refused;
    const start = address / PAGE_BYTES;
    const oldPages = pagesOf(oldLengthBytes);
    const newPages = pagesOf(newLengthBytes);
    const moves = (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) !== 0;
    const region = findRegion(space, start);
    if (region === undefined) return -EFAULT;
    // Shrinking may span regions: it is an munmap of the tail.
    if (!moves && newPages <= oldPages && oldPages > 0) {
      this.mapping.clear(space, start + newPages, start + oldPages);
      return address;
    }
    if (start + oldPages > region.endPage) return -EFAULT;
    // Length 0 makes a second mapping, which only shared memory can have.
    if (oldPages === 0 && (region.flags & REGION.shared) === 0) return -EINVAL;
    const kept = (flags & MREMAP_DONTUNMAP) !== 0 || oldPages === 0;
    const more = kept ? newPages : Math.max(newPages - oldPages, 0);
    const { protection, flags: regionFlags } = region;
    if (!this.mapping.hasLocks(caller, space, more, regionFlags)) return -EAGAIN;
    const room = this.mapping.checkRoom(caller, space, more, newPages, protection, regionFlags);
    if (room < 0) return room;
    const isLocked = (regionFlags & LOCK_FLAGS) === REGION.locked;
    if (!moves && this.growInPlace(space, region, start, oldPages, newPages)) {
      if (isLocked) this.locks.faultIn(space, start, start + newPages);
      return address;
    }
    if ((flags & MREMAP_MAYMOVE) === 0) return -ENOMEM;
    const moved = this.move(space, region, start, oldPages, newPages, flags, newAddress);
    const target = moved / PAGE_BYTES;
    if (moved >= 0 && isLocked) this.locks.faultIn(space, target, target + newPages);
    return moved;
  }

  private check(
    address: number,
    oldLengthBytes: number,
    newLengthBytes: number,
    flags: number,
    newAddress: number,
  ): Result {
    if ((flags & ~KNOWN_FLAGS) !== 0 || !isAligned(address)) return -EINVAL;
    if (!(newLengthBytes > 0) || newLengthBytes > USER_ADDRESS_LIMIT) return -EINVAL;
    if (!isUserRange(address, oldLengthBytes)) return -EINVAL;
    const fixed = (flags & MREMAP_FIXED) !== 0;
    const kept = (flags & MREMAP_DONTUNMAP) !== 0;
    if ((fixed || kept) && (flags & MREMAP_MAYMOVE) === 0) return -EINVAL;
    if (kept && pagesOf(oldLengthBytes) !== pagesOf(newLengthBytes)) return -EINVAL;
    if (!fixed) return 0;
    if (!isAligned(newAddress) || !isUserRange(newAddress, newLengthBytes)) return -EINVAL;
    const oldEnd = address + pagesOf(oldLengthBytes) * PAGE_BYTES;
    const newEnd = newAddress + pagesOf(newLengthBytes) * PAGE_BYTES;
    return newAddress < oldEnd && address < newEnd ? -EINVAL : 0;
  }

  private growInPlace(
    space: Space,
    region: Region,
    start: number,
    oldPages: number,
    newPages: number,
  ): boolean {
    if (oldPages === 0 || start + oldPages !== region.endPage) return false;
    const end = start + newPages;
    if (end > PAGE_LIMIT || !isFree(space, region.endPage, end)) return false;
    extendRegion(this.objects, space, region, region.startPage, end);
    return true;
  }

  private move(
    space: Space,
    region: Region,
    start: number,
    oldPages: number,
    newPages: number,
    flags: number,
    newAddress: number,
  ): Result {
    const fixed = (flags & MREMAP_FIXED) !== 0;
    if (isFull(this.kernel, space)) return -ENOMEM;
    const target = fixed ? newAddress / PAGE_BYTES : findRoom(this.kernel, space, newPages);
    if (target < 0) return -ENOMEM;
    const moved: Region = {
      ...region,
      startPage: target,
      endPage: target + newPages,
      flags: region.flags & ~(REGION.heap | REGION.stack),
      objectPage: region.object === NO_OBJECT ? 0 : region.objectPage + start - region.startPage,
    };
    // The new region's reference first: removing the old one may drop the last.
    if (moved.object !== NO_OBJECT) this.objects.retain(moved.object);
    if (fixed) this.mapping.clear(space, target, target + newPages);
    const pages = Math.min(oldPages, newPages);
    if (this.kernel.moveMappings(space.id, start, target, pages) < 0) {
      if (moved.object !== NO_OBJECT) this.objects.release(moved.object);
      return -ENOMEM;
    }
    const kept = (flags & MREMAP_DONTUNMAP) !== 0;
    if (kept) changeRegions(this.objects, space, start, start + oldPages, -1, 0, LOCK_FLAGS);
    if (!kept && oldPages > 0) {
      this.kernel.unmap(space.id, start, oldPages);
      removeRegions(this.objects, space, start, start + oldPages);
    }
    insertRegion(this.objects, space, moved);
    return target * PAGE_BYTES;
  }
}
