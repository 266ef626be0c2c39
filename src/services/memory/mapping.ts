/**
 * mmap, munmap, mprotect, brk: changes of a space's regions. Each first checks everything that can
 * be refused, then changes regions and mappings, which cannot fail.
 */
import {
  EACCES,
  EAGAIN,
  EEXIST,
  EINVAL,
  ENODEV,
  ENOMEM,
  EOPNOTSUPP,
  EOVERFLOW,
  EPERM,
} from "../../abi/errno.js";
import {
  MAP_ANONYMOUS,
  MAP_DENYWRITE,
  MAP_EXECUTABLE,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_HUGETLB,
  MAP_LOCKED,
  MAP_NONBLOCK,
  MAP_NORESERVE,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_STACK,
  MAP_TYPE,
  PAGE_BYTES,
  PROT_EXEC,
  PROT_GROWSDOWN,
  PROT_GROWSUP,
  PROT_READ,
  PROT_SEM,
  PROT_WRITE,
  RLIMIT_AS,
  RLIMIT_DATA,
  USER_ADDRESS_LIMIT,
} from "../../abi/memory.js";
import { ATTRIBUTE, FRAME_USE, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { type Faults, permissionsOf } from "./faults.js";
import { hasLockRoom, isFull, limitOf, mayLock } from "./limits.js";
import type { Locks } from "./locks.js";
import type { MemoryObjects } from "./objects.js";
import { MAP_OBJECT_READ_ONLY } from "./protocol.js";
import {
  changeRegions,
  extendRegion,
  FIRST_PAGE,
  findRegion,
  findRoom,
  insertRegion,
  isAligned,
  isData,
  isFree,
  isUserRange,
  lowerBound,
  mappedPages,
  pagesOf,
  removeRegions,
} from "./regions.js";
import { LOCK_FLAGS, NO_OBJECT, PAGE_LIMIT, REGION, type Region, type Space } from "./state.js";

const ACCESS_BITS = PROT_READ | PROT_WRITE | PROT_EXEC;
const KNOWN_FLAGS =
  MAP_TYPE |
  MAP_FIXED |
  MAP_ANONYMOUS |
  MAP_GROWSDOWN |
  MAP_DENYWRITE |
  MAP_EXECUTABLE |
  MAP_LOCKED |
  MAP_NORESERVE |
  MAP_POPULATE |
  MAP_NONBLOCK |
  MAP_STACK |
  MAP_FIXED_NOREPLACE |
  MAP_OBJECT_READ_ONLY;

export class Mapping {
  constructor(
    private readonly kernel: KernelCalls,
    private readonly objects: MemoryObjects,
    private readonly faults: Faults,
    private readonly locks: Locks,
  ) {}

  /** mmap(2) into a space on behalf of the caller, whose limits count. @returns the address */
  map(
    caller: TaskId,
    space: Space,
    address: number,
    lengthBytes: number,
    protection: number,
    flags: number,
    object: number,
    objectOffset: number,
  ): Result {
    const refused = this.checkMap(lengthBytes, flags, object, objectOffset);
    if (refused < 0) return refused;
    const pages = pagesOf(lengthBytes);
    const regionFlags = this.regionFlags(space, flags);
    if ((flags & MAP_LOCKED) !== 0 && !mayLock(this.kernel, caller)) return -EPERM;
    if (!this.hasLocks(caller, space, pages, regionFlags)) return -EAGAIN;
    const start = this.place(caller, space, address, pages, flags);
    if (start < 0) return start;
    const end = start + pages;
    const bits = protection & ACCESS_BITS;
    const over = (flags & MAP_FIXED) !== 0 ? mappedPages(space, start, end) : 0;
    const room = this.checkRoom(caller, space, pages - over, pages, bits, regionFlags);
    if (room < 0) return room;
    const backing = this.backing(caller, pages, regionFlags, object);
    if (backing < NO_OBJECT) return backing;
    if (over > 0) this.clear(space, start, end);
    insertRegion(this.objects, space, {
      startPage: start,
      endPage: end,
      protection: bits,
      flags: regionFlags,
      object: backing,
      objectPage: backing === NO_OBJECT ? 0 : objectOffset / PAGE_BYTES,
    });
    const how = flags & (MAP_POPULATE | MAP_NONBLOCK);
    if (how === MAP_POPULATE) this.populate(space, start, end);
    else if ((regionFlags & LOCK_FLAGS) === REGION.locked) this.locks.faultIn(space, start, end);
    return start * PAGE_BYTES;
  }

  /** Whether so many more pages with these flags stay within RLIMIT_MEMLOCK. */
  hasLocks(caller: TaskId, space: Space, pages: number, flags: number): boolean {
    return (flags & REGION.locked) === 0 || hasLockRoom(this.kernel, caller, space, pages);
  }

  private checkMap(lengthBytes: number, flags: number, object: number, offset: number): Result {
    const type = flags & MAP_TYPE;
    if (type !== MAP_SHARED && type !== MAP_PRIVATE && type !== MAP_SHARED_VALIDATE) {
      return -EINVAL;
    }
    if (!(lengthBytes > 0) || !isAligned(offset) || offset < 0) return -EINVAL;
    if (type === MAP_SHARED_VALIDATE && (flags & ~KNOWN_FLAGS) !== 0) return -EOPNOTSUPP;
    if (lengthBytes > USER_ADDRESS_LIMIT) return -ENOMEM;
    // No huge pages are kept: as Linux with an empty pool.
    if ((flags & MAP_HUGETLB) !== 0) return -ENOMEM;
    if (offset + lengthBytes > Number.MAX_SAFE_INTEGER) return -EOVERFLOW;
    if (object !== NO_OBJECT && this.objects.find(object) === undefined) return -ENODEV;
    const growsDown = (flags & MAP_GROWSDOWN) !== 0;
    if (growsDown && (object !== NO_OBJECT || type !== MAP_PRIVATE)) return -EINVAL;
    return 0;
  }

  private regionFlags(space: Space, flags: number): number {
    const shared = (flags & MAP_TYPE) !== MAP_PRIVATE;
    let bits = space.lockFuture | (shared ? REGION.shared : 0);
    if ((flags & MAP_LOCKED) !== 0) bits |= REGION.locked;
    if (shared && (flags & MAP_OBJECT_READ_ONLY) !== 0) bits |= REGION.readOnlyObject;
    if (!shared && (flags & MAP_GROWSDOWN) !== 0) bits |= REGION.growsDown;
    if ((flags & MAP_NORESERVE) !== 0) bits |= REGION.noReserve;
    return bits;
  }

  /** Where the mapping goes. @returns first page, or -EINVAL, -ENOMEM, -EPERM, -EEXIST */
  private place(
    caller: TaskId,
    space: Space,
    address: number,
    pages: number,
    flags: number,
  ): Result {
    const fixed = (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) !== 0;
    if (fixed) {
      if (!isAligned(address)) return -EINVAL;
      const page = address / PAGE_BYTES;
      if (!(page >= 0 && page + pages <= PAGE_LIMIT)) return -ENOMEM;
      if (page < FIRST_PAGE && this.kernel.attribute(caller, ATTRIBUTE.effectiveUserId) !== 0) {
        return -EPERM;
      }
      const free = (flags & MAP_FIXED) !== 0 || mappedPages(space, page, page + pages) === 0;
      return free ? page : -EEXIST;
    }
    const hint = Math.max(Math.floor(address / PAGE_BYTES), FIRST_PAGE);
    if (address > 0 && hint + pages <= PAGE_LIMIT && isFree(space, hint, hint + pages)) return hint;
    const room = findRoom(this.kernel, space, pages);
    return room < 0 ? -ENOMEM : room;
  }

  /** Limits and overcommit. `more`: pages that come on top; `pages`: of which the request is. */
  checkRoom(
    caller: TaskId,
    space: Space,
    more: number,
    pages: number,
    protection: number,
    flags: number,
  ): Result {
    if (isFull(this.kernel, space)) return -ENOMEM;
    const total = (space.pages + more) * PAGE_BYTES;
    if (total > limitOf(this.kernel, caller, RLIMIT_AS)) return -ENOMEM;
    if (!isData(protection, flags)) return 0;
    const data = (space.dataPages + more) * PAGE_BYTES;
    if (data > limitOf(this.kernel, caller, RLIMIT_DATA)) return -ENOMEM;
    // Linux's heuristic overcommit: only a request for more than there is at all is refused.
    const refused = (flags & REGION.noReserve) === 0 && pages > this.kernel.framesTotal();
    return refused ? -ENOMEM : 0;
  }

  /** The object that the region will hold a reference of, or NO_OBJECT, or -ENOMEM. */
  private backing(caller: TaskId, pages: number, regionFlags: number, object: number): Result {
    if (object !== NO_OBJECT) {
      this.objects.retain(object);
      return object;
    }
    if ((regionFlags & REGION.shared) === 0) return NO_OBJECT;
    if ((regionFlags & REGION.noReserve) === 0 && pages > this.kernel.framesTotal()) return -ENOMEM;
    return this.objects.create(caller, pages * PAGE_BYTES, FRAME_USE.memory);
  }

  /** Faults pages in; what fails stays absent (mmap(2): no error for MAP_POPULATE). */
  populate(space: Space, startPage: number, endPage: number): Result {
    for (let page = startPage; page < endPage; page++) {
      const region = findRegion(space, page);
      if (region === undefined) return -ENOMEM;
      const wanted = (region.protection & PROT_WRITE) !== 0 ? PROT_WRITE : PROT_READ;
      if ((permissionsOf(region.protection) & wanted) === 0) return 0;
      const result = this.faults.resolve(space, region, page, wanted);
      if (result < 0) return result;
    }
    return 0;
  }

  /** remap_file_pages(2), as Linux has emulated it since 4.0: a new mapping of the same object. */
  remapFile(
    caller: TaskId,
    space: Space,
    address: number,
    lengthBytes: number,
    page: number,
    flags: number,
  ): Result {
    const start = Math.floor(address / PAGE_BYTES);
    const end = start + Math.floor(lengthBytes / PAGE_BYTES);
    const region = findRegion(space, start);
    if (!(end > start) || region === undefined) return -EINVAL;
    if ((region.flags & REGION.shared) === 0 || end > region.endPage) return -EINVAL;
    const access = (region.flags & REGION.readOnlyObject) !== 0 ? MAP_OBJECT_READ_ONLY : 0;
    const locked = (region.flags & REGION.locked) !== 0 ? MAP_LOCKED : 0;
    const how = (flags & MAP_NONBLOCK) | MAP_SHARED | MAP_FIXED | MAP_POPULATE | access | locked;
    const length = (end - start) * PAGE_BYTES;
    const { protection, object } = region;
    const at = start * PAGE_BYTES;
    const done = this.map(caller, space, at, length, protection, how, object, page * PAGE_BYTES);
    return Math.min(done, 0);
  }

  /** Removes regions and mappings of the range. */
  clear(space: Space, startPage: number, endPage: number): void {
    this.unmapPages(space, startPage, endPage);
    removeRegions(this.objects, space, startPage, endPage);
  }

  /** Drops the mappings of those parts of the range that are in regions. */
  unmapPages(space: Space, startPage: number, endPage: number): void {
    for (let i = lowerBound(space, startPage); i < space.regions.length; i++) {
      const region = space.regions[i] as Region;
      if (region.startPage >= endPage) return;
      const first = Math.max(region.startPage, startPage);
      this.kernel.unmap(space.id, first, Math.min(region.endPage, endPage) - first);
    }
  }

  /** munmap(2) */
  unmap(space: Space, address: number, lengthBytes: number): Result {
    if (!isAligned(address) || !(lengthBytes > 0)) return -EINVAL;
    if (!isUserRange(address, lengthBytes)) return -EINVAL;
    const start = address / PAGE_BYTES;
    const end = start + pagesOf(lengthBytes);
    const first = findRegion(space, start);
    const isHole = first !== undefined && first.startPage < start && first.endPage > end;
    if (isHole && isFull(this.kernel, space)) return -ENOMEM;
    this.clear(space, start, end);
    return 0;
  }

  /** mprotect(2): with a hole, what is before the hole is changed and the answer is ENOMEM. */
  protect(
    caller: TaskId,
    space: Space,
    address: number,
    lengthBytes: number,
    protection: number,
  ): Result {
    const grows = protection & (PROT_GROWSDOWN | PROT_GROWSUP);
    const bits = protection & ~(PROT_GROWSDOWN | PROT_GROWSUP | PROT_SEM);
    // No region here grows upwards.
    if ((grows & PROT_GROWSUP) !== 0 || !isAligned(address)) return -EINVAL;
    if ((bits & ~ACCESS_BITS) !== 0) return -EINVAL;
    if (lengthBytes === 0) return 0;
    if (!isUserRange(address, lengthBytes)) return -ENOMEM;
    let page = address / PAGE_BYTES;
    const end = page + pagesOf(lengthBytes);
    const first = findRegion(space, page);
    if (grows !== 0 && first !== undefined) {
      if ((first.flags & REGION.growsDown) === 0) return -EINVAL;
      page = first.startPage;
    }
    while (page < end) {
      const region = findRegion(space, page);
      if (region === undefined) return -ENOMEM;
      const stop = Math.min(region.endPage, end);
      const result = this.protectPart(caller, space, region, page, stop, bits);
      if (result < 0) return result;
      page = stop;
    }
    return 0;
  }

  private protectPart(
    caller: TaskId,
    space: Space,
    region: Region,
    start: number,
    end: number,
    protection: number,
  ): Result {
    if (region.protection === protection) return 0;
    const writes = (protection & PROT_WRITE) !== 0;
    if (writes && (region.flags & REGION.readOnlyObject) !== 0) return -EACCES;
    const becomesData =
      isData(protection, region.flags) && !isData(region.protection, region.flags);
    if (becomesData) {
      const data = (space.dataPages + end - start) * PAGE_BYTES;
      if (data > limitOf(this.kernel, caller, RLIMIT_DATA)) return -ENOMEM;
      const isReserved = (region.flags & REGION.noReserve) === 0;
      if (isReserved && end - start > this.kernel.framesTotal()) return -ENOMEM;
    }
    if (isFull(this.kernel, space)) return -ENOMEM;
    // Only takes permissions; those gained come back by a fault, page by page.
    this.kernel.protect(space.id, start, end - start, permissionsOf(protection));
    changeRegions(this.objects, space, start, end, protection, 0, 0);
    return 0;
  }

  /** brk(2). @returns the new break, or the old one if it cannot be had */
  setBreak(caller: TaskId, space: Space, address: number): Result {
    const { breakStart, breakEnd } = space;
    if (!(address >= breakStart && address < USER_ADDRESS_LIMIT)) return breakEnd;
    const oldEnd = pagesOf(breakEnd);
    const newEnd = pagesOf(address);
    if (newEnd < oldEnd) this.clear(space, newEnd, oldEnd);
    if (newEnd > oldEnd && this.growBreak(caller, space, address, oldEnd, newEnd) < 0) {
      return breakEnd;
    }
    space.breakEnd = address;
    return address;
  }

  private growBreak(
    caller: TaskId,
    space: Space,
    address: number,
    oldEnd: number,
    newEnd: number,
  ): Result {
    if (address - space.breakStart > limitOf(this.kernel, caller, RLIMIT_DATA)) return -ENOMEM;
    if (!isFree(space, oldEnd, newEnd)) return -ENOMEM;
    const pages = newEnd - oldEnd;
    const protection = PROT_READ | PROT_WRITE;
    const flags = REGION.heap | space.lockFuture;
    if (!this.hasLocks(caller, space, pages, flags)) return -EAGAIN;
    const room = this.checkRoom(caller, space, pages, pages, protection, flags);
    if (room < 0) return room;
    const before = oldEnd > 0 ? findRegion(space, oldEnd - 1) : undefined;
    if (before !== undefined && before.flags === flags && before.protection === protection) {
      extendRegion(this.objects, space, before, before.startPage, newEnd);
    } else {
      insertRegion(this.objects, space, {
        startPage: oldEnd,
        endPage: newEnd,
        protection,
        flags,
        object: NO_OBJECT,
        objectPage: 0,
      });
    }
    if ((flags & LOCK_FLAGS) === REGION.locked) this.locks.faultIn(space, oldEnd, newEnd);
    return 0;
  }
}
