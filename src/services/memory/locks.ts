/**
 * mlock(2) and its kin. No page is ever evicted here, so a lock is what can be seen of it: the
 * pages become resident, they count against RLIMIT_MEMLOCK, and advice may not drop them. A locked
 * region has REGION.locked, and REGION.lockedOnFault if its pages come only when touched.
 */
import { EAGAIN, EINVAL, ENOMEM, EPERM } from "../../abi/errno.js";
import {
  MCL_CURRENT,
  MCL_FUTURE,
  MCL_ONFAULT,
  MLOCK_ONFAULT,
  PAGE_BYTES,
  PROT_READ,
  PROT_WRITE,
} from "../../abi/memory.js";
import type { KernelCalls, TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { type Faults, permissionsOf } from "./faults.js";
import { hasLockRoom, isFull, mayLock } from "./limits.js";
import type { MemoryObjects } from "./objects.js";
import { changeRegions, isUserRange, lowerBound, pagesOf } from "./regions.js";
import { LOCK_FLAGS, PAGE_LIMIT, REGION, type Region, type Space } from "./state.js";

export class Locks {
  constructor(
    private readonly kernel: KernelCalls,
    private readonly objects: MemoryObjects,
    private readonly faults: Faults,
  ) {}

  /** mlock2(2). @returns 0, -EINVAL, -EPERM, -ENOMEM: a hole or the limit, -EAGAIN: no memory */
  lock(caller: TaskId, space: Space, address: number, lengthBytes: number, flags: number): Result {
    if ((flags & ~MLOCK_ONFAULT) !== 0) return -EINVAL;
    if (!mayLock(this.kernel, caller)) return -EPERM;
    const start = Math.floor(address / PAGE_BYTES);
    const length = lengthBytes + (address - start * PAGE_BYTES);
    if (!isUserRange(start * PAGE_BYTES, length)) return -ENOMEM;
    const end = start + pagesOf(length);
    if (!hasLockRoom(this.kernel, caller, space, end - start - lockedIn(space, start, end))) {
      return -ENOMEM;
    }
    const bits = REGION.locked | (flags !== 0 ? REGION.lockedOnFault : 0);
    const marked = this.mark(space, start, end, bits);
    return marked < 0 || flags !== 0 ? marked : this.faultIn(space, start, end);
  }

  /** munlock(2). @returns 0, -EINVAL: beyond the end of addresses, -ENOMEM: a hole */
  unlock(space: Space, address: number, lengthBytes: number): Result {
    const start = Math.floor(address / PAGE_BYTES);
    const length = lengthBytes + (address - start * PAGE_BYTES);
    if (!isUserRange(start * PAGE_BYTES, length)) {
      return lengthBytes >= Number.MAX_SAFE_INTEGER ? -EINVAL : -ENOMEM;
    }
    return this.mark(space, start, start + pagesOf(length), 0);
  }

  /** mlockall(2). */
  lockAll(caller: TaskId, space: Space, flags: number): Result {
    const known = MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT;
    if (flags === 0 || flags === MCL_ONFAULT || (flags & ~known) !== 0) return -EINVAL;
    if (!mayLock(this.kernel, caller)) return -EPERM;
    const isNow = (flags & MCL_CURRENT) !== 0;
    if (isNow && !hasLockRoom(this.kernel, caller, space, space.pages - space.lockedPages)) {
      return -ENOMEM;
    }
    const bits = REGION.locked | ((flags & MCL_ONFAULT) !== 0 ? REGION.lockedOnFault : 0);
    space.lockFuture = (flags & MCL_FUTURE) !== 0 ? bits : 0;
    if (!isNow) return 0;
    this.mark(space, 0, PAGE_LIMIT, bits);
    if ((flags & MCL_ONFAULT) === 0) this.faultIn(space, 0, PAGE_LIMIT);
    return 0;
  }

  /** munlockall(2). */
  unlockAll(space: Space): Result {
    space.lockFuture = 0;
    this.mark(space, 0, PAGE_LIMIT, 0);
    return 0;
  }

  /** Sets the lock of what is mapped in the range. @returns 0, or -ENOMEM: there are holes; what
   * is before the first hole is done */
  private mark(space: Space, start: number, end: number, bits: number): Result {
    const isAll = end === PAGE_LIMIT && start === 0;
    let page = start;
    while (page < end) {
      const region = space.regions[lowerBound(space, page)];
      if (region === undefined || region.startPage >= end) break;
      if (region.startPage > page && !isAll) return -ENOMEM;
      const first = Math.max(page, region.startPage);
      const isWhole = first === region.startPage && region.endPage <= end;
      if (!isWhole && isFull(this.kernel, space)) return -ENOMEM;
      page = Math.min(region.endPage, end);
      changeRegions(this.objects, space, first, page, -1, bits, LOCK_FLAGS);
    }
    return page < end && !isAll ? -ENOMEM : 0;
  }

  /** Makes the pages of the range resident. @returns 0, -ENOMEM: not accessible, -EAGAIN: no
   * memory; what can be is done */
  faultIn(space: Space, start: number, end: number): Result {
    let answer: Result = 0;
    for (let index = lowerBound(space, start); index < space.regions.length; index++) {
      const region = space.regions[index] as Region;
      if (region.startPage >= end) break;
      const first = Math.max(start, region.startPage);
      const failed = this.faultRegion(space, region, first, Math.min(end, region.endPage));
      if (failed < 0 && answer === 0) answer = failed;
    }
    return answer;
  }

  private faultRegion(space: Space, region: Region, first: number, end: number): Result {
    const permissions = permissionsOf(region.protection);
    if (permissions === 0) return -ENOMEM;
    const isOwn = (region.flags & REGION.shared) === 0 && (permissions & PROT_WRITE) !== 0;
    const access = isOwn ? PROT_WRITE : permissions & PROT_READ || permissions;
    for (let page = first; page < end; page++) {
      const result = this.faults.resolve(space, region, page, access);
      if (result < 0) return result === -ENOMEM ? -EAGAIN : -ENOMEM;
    }
    return 0;
  }
}

/** @returns how many pages of the range are locked already */
function lockedIn(space: Space, start: number, end: number): number {
  let pages = 0;
  for (let index = lowerBound(space, start); index < space.regions.length; index++) {
    const region = space.regions[index] as Region;
    if (region.startPage >= end) break;
    if ((region.flags & REGION.locked) === 0) continue;
    pages += Math.min(end, region.endPage) - Math.max(start, region.startPage);
  }
  return pages;
}
