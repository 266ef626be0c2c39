/**
 * Page faults: what a page of a region becomes when it is touched. Layers: `fault` finds the region
 * and checks the access, `resolve` maps a page, and the three kinds of page are below it: anonymous
 * (demand-zero), private (copy-on-write), shared.
 *
 * A page is writable in the kernel's mapping only if the frame is this space's alone (or the region
 * is shared): so a write to any other page comes here and gets its own copy. A frame with exactly
 * one reference is nobody else's.
 *
 * This path is hot and allocates nothing in JavaScript.
 */
import { EACCES, EFAULT, EIO, ENOMEM } from "../../abi/errno.js";
import {
  PAGE_BYTES,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
  RLIMIT_AS,
  RLIMIT_STACK,
  USER_ADDRESS_LIMIT,
} from "../../abi/memory.js";
import { ATTRIBUTE, FRAME_WISH, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import { RANGE_BYTES_MAX, type Result, SCRATCH_BASE } from "../../kernel/protocol.js";
import type { Exhaustion } from "./exhaustion.js";
import { hasLockRoom, limitOf } from "./limits.js";
import type { MemoryObjects } from "./objects.js";
import { extendRegion, findRegion, GUARD_PAGES, lowerBound } from "./regions.js";
import { type MemoryState, NO_OBJECT, REGION, type Region, type Space } from "./state.js";

/** A fault on a page of an object maps what is present of this many pages around it as well. */
const AROUND_PAGES = 16;

/** Permissions of a mapping (ACCESS_* bits are the PROT_* bits). Writing implies reading: a
 * writable page that is not readable is reserved in RISC-V (Privileged 12.3.1), as Linux has it. */
export function permissionsOf(protection: number): number {
  return (protection & PROT_WRITE) !== 0 ? protection | PROT_READ : protection;
}

export class Faults {
  constructor(
    private readonly kernel: KernelCalls,
    private readonly state: MemoryState,
    private readonly objects: MemoryObjects,
    private readonly exhaustion: Exhaustion,
  ) {}

  /** @returns the space the task lives in, or undefined */
  spaceOf(task: TaskId): Space | undefined {
    if (task === 0) return undefined;
    return this.state.spaces.get(this.kernel.attribute(task, ATTRIBUTE.space));
  }

  /** @returns 0, -EFAULT: no region, -EACCES: not permitted, -EIO: beyond the object, -ENOMEM: the
   * task must die for it, or BLOCKED: another one dies */
  fault(caller: TaskId, page: number, access: number): Result {
    const space = this.spaceOf(caller);
    if (space === undefined) return -EFAULT;
    const result = this.faultIn(caller, space, page, access);
    return result === -ENOMEM ? this.exhaustion.answer(caller) : result;
  }

  private faultIn(caller: TaskId, space: Space, page: number, access: number): Result {
    const region = findRegion(space, page) ?? this.growStack(caller, space, page);
    if (region === undefined) return -EFAULT;
    if ((permissionsOf(region.protection) & access) !== access) return -EACCES;
    return this.resolve(space, region, page, access);
  }

  /** Faults in [address, +length). @returns length that can be copied now, -EFAULT, -ENOMEM, or
   * BLOCKED */
  prepare(caller: TaskId, address: number, lengthBytes: number, access: number): Result {
    if (address >= SCRATCH_BASE || lengthBytes === 0) return Math.min(lengthBytes, RANGE_BYTES_MAX);
    const space = this.spaceOf(caller);
    if (space === undefined || !(address >= 0 && address < USER_ADDRESS_LIMIT)) return -EFAULT;
    const length = Math.min(lengthBytes, RANGE_BYTES_MAX, USER_ADDRESS_LIMIT - address);
    const first = Math.floor(address / PAGE_BYTES);
    const last = Math.floor((address + length - 1) / PAGE_BYTES);
    for (let page = first; page <= last; page++) {
      const entry = this.kernel.mapping(space.id, page);
      if (entry >= 0 && (entry & access) === access) continue;
      const result = this.faultIn(caller, space, page, access);
      if (result === 0) continue;
      if (result === -ENOMEM) return this.exhaustion.answer(caller);
      return page > first ? page * PAGE_BYTES - address : -EFAULT;
    }
    return length;
  }

  /** Makes a page of the region present with the access, which the region permits.
   * @returns 0, -EIO or -ENOMEM */
  resolve(space: Space, region: Region, page: number, access: number): Result {
    const entry = this.kernel.mapping(space.id, page);
    if (entry >= 0 && (entry & access) === access) return 0;
    const permissions = permissionsOf(region.protection);
    if ((region.flags & REGION.shared) !== 0) {
      return this.resolveObject(space, region, page, permissions, false);
    }
    if (access === PROT_WRITE) return this.ownPage(space, region, page, entry, permissions);
    if (entry >= 0) return this.regrant(space, page, entry >> 3, permissions);
    const guarded = permissions & ~PROT_WRITE;
    if (region.object !== NO_OBJECT) {
      return this.resolveObject(space, region, page, guarded, true);
    }
    const zero = this.zeroFrame();
    if (zero < 0) return zero;
    this.kernel.retainFrame(zero);
    return this.mapFrame(space, page, zero, guarded);
  }

  /** Makes the page writable by this space alone, whatever the region's protection (exec writes
   * into read-only segments). @returns 0, -EIO or -ENOMEM; the page is mapped with `permissions` */
  ownPage(space: Space, region: Region, page: number, entry: number, permissions: number): Result {
    let from = entry >> 3;
    if (entry < 0) {
      if (region.object === NO_OBJECT) {
        const fresh = this.objects.allocateFrame(1, this.wishFor(space, region, page));
        return fresh < 0 ? fresh : this.mapFrame(space, page, fresh, permissions);
      }
      const object = this.objects.get(region.object);
      from = this.objects.frameAt(object, region.objectPage + page - region.startPage);
      if (from < 0) return from;
    } else if (this.isOwn(from)) {
      this.kernel.retainFrame(from);
      return this.mapFrame(space, page, from, permissions);
    }
    const isZero = from === this.state.zeroFrame;
    const frame = this.objects.allocateFrame(isZero ? 1 : 0, this.wishFor(space, region, page));
    if (frame < 0) return frame;
    if (!isZero) this.kernel.copyFrame(from, frame);
    return this.mapFrame(space, page, frame, permissions);
  }

  /**
   * The frame that a page should have: those of a stack be neighbours as its pages are, so that an
   * access to two of them is as quick as to one.
   */
  private wishFor(space: Space, region: Region, page: number): number {
    if ((region.flags & REGION.growsDown) === 0) return FRAME_WISH.any;
    const above = this.kernel.mapping(space.id, page + 1);
    if (above >= 0 && this.isOwn(above >> 3)) return (above >> 3) - 1;
    const below = this.kernel.mapping(space.id, page - 1);
    if (below >= 0 && this.isOwn(below >> 3)) return (below >> 3) + 1;
    return FRAME_WISH.stack;
  }

  private isOwn(frame: number): boolean {
    return this.kernel.frameReferences(frame) === 1;
  }

  /** A private page that is present lacks a permission that its region has got since. */
  private regrant(space: Space, page: number, frame: number, permissions: number): Result {
    const own = this.isOwn(frame);
    this.kernel.retainFrame(frame);
    return this.mapFrame(space, page, frame, own ? permissions : permissions & ~PROT_WRITE);
  }

  /** Maps a page of an object itself, and its present neighbours. */
  private resolveObject(
    space: Space,
    region: Region,
    page: number,
    permissions: number,
    isPrivate: boolean,
  ): Result {
    const object = this.objects.get(region.object);
    const offset = region.objectPage - region.startPage;
    const frame = this.objects.frameAt(object, page + offset);
    if (frame < 0) return frame;
    // Beyond the size nothing is accessible, even if a frame is there (writes grow the size).
    if ((page + offset) * PAGE_BYTES >= object.sizeBytes) return -EIO;
    this.kernel.retainFrame(frame);
    const result = this.mapFrame(space, page, frame, permissions);
    if (result < 0 || (isPrivate && (permissions & (PROT_READ | PROT_EXEC)) === 0)) return result;
    const window = page - (page % AROUND_PAGES);
    const sizePages = Math.ceil(object.sizeBytes / PAGE_BYTES) - offset;
    const end = Math.min(window + AROUND_PAGES, region.endPage, sizePages);
    for (let near = Math.max(window, region.startPage); near < end; near++) {
      const present = object.frames.get(near + offset);
      if (present === undefined || this.kernel.mapping(space.id, near) >= 0) continue;
      this.kernel.retainFrame(present);
      this.mapFrame(space, near, present, permissions);
    }
    return 0;
  }

  /** Maps a frame, handing over a reference; on failure the reference is dropped. */
  private mapFrame(space: Space, page: number, frame: number, permissions: number): Result {
    const result = this.kernel.map(space.id, page, frame, permissions);
    if (result < 0) this.kernel.releaseFrame(frame);
    return result;
  }

  /** The shared frame of zeros, which the service keeps a reference of. */
  private zeroFrame(): Result {
    if (this.state.zeroFrame < 0) {
      // Everybody's: nobody is charged for it.
      const frame = this.kernel.allocateFrame(1);
      if (frame < 0) return frame;
      this.state.zeroFrame = frame;
      this.kernel.discountFrame(frame);
    }
    return this.state.zeroFrame;
  }

  /** Extends a region that grows downwards to the page, within RLIMIT_STACK, RLIMIT_AS and the
   * guard gap to what is below (Linux: expand_downwards). @returns the region, or undefined */
  private growStack(caller: TaskId, space: Space, page: number): Region | undefined {
    const index = lowerBound(space, page);
    const region = space.regions[index];
    if (region === undefined || (region.flags & REGION.growsDown) === 0) return undefined;
    const sizeBytes = (region.endPage - page) * PAGE_BYTES;
    if (sizeBytes > limitOf(this.kernel, caller, RLIMIT_STACK)) return undefined;
    const total = (space.pages + region.startPage - page) * PAGE_BYTES;
    if (total > limitOf(this.kernel, caller, RLIMIT_AS)) return undefined;
    const isLocked = (region.flags & REGION.locked) !== 0;
    const more = region.startPage - page;
    if (isLocked && !hasLockRoom(this.kernel, caller, space, more)) return undefined;
    const below = space.regions[index - 1];
    if (below !== undefined) {
      // An inaccessible or another growing region below needs no gap, as Linux has it.
      const needsGap = below.protection !== 0 && (below.flags & REGION.growsDown) === 0;
      if (page - below.endPage < (needsGap ? GUARD_PAGES : 0)) return undefined;
    }
    extendRegion(this.objects, space, region, page, region.endPage);
    return findRegion(space, page);
  }
}
