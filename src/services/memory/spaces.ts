/**
 * Address spaces over the life of processes: made by execve and fork, shared by threads, freed by
 * the last task that leaves. What a call has made is `pending` until its end: commit makes it real,
 * abort undoes it; a re-run of the call finds it and begins again.
 */
import { EINVAL, ENOMEM, ESRCH } from "../../abi/errno.js";
import { MAP_GROWSDOWN, PAGE_BYTES, PROT_EXEC, PROT_READ, RLIMIT_STACK } from "../../abi/memory.js";
import { SPACE_FIGURE } from "../../kernel/address-space.js";
import { ATTRIBUTE, FRAME_USE, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import type { Exhaustion } from "./exhaustion.js";
import { type Faults, permissionsOf } from "./faults.js";
import { limitOf, spaceBytes } from "./limits.js";
import type { Mapping } from "./mapping.js";
import type { MemoryObjects } from "./objects.js";
import {
  changeRegions,
  findRegion,
  findRoom,
  GUARD_PAGES,
  insertRegion,
  removeRegions,
} from "./regions.js";
import {
  LOCK_FLAGS,
  type MemoryState,
  NO_OBJECT,
  PAGE_LIMIT,
  type Pending,
  REGION,
  type Region,
  type Space,
} from "./state.js";

/** Random pages below the stack's room, and for the stack's own place (Linux: 18 bits each). */
const RANDOM_PAGES = 2 ** 18;
/** The room left for the stack, whatever its limit (Linux: MIN_GAP, MAX_GAP of mm/util.c). */
const STACK_ROOM_MIN_PAGES = (128 * 2 ** 20) / PAGE_BYTES;
const STACK_ROOM_MAX_PAGES = Math.floor((PAGE_LIMIT / 6) * 5);

/** What the copy or the end of a region, and of a page in it, is charged in instructions. */
const CHARGE_REGION = 40;
const CHARGE_PAGE = 4;

/** Frames that must be left behind a fork. */
const FORK_ROOM_PAGES = 16;

export class Spaces {
  constructor(
    private readonly kernel: KernelCalls,
    private readonly state: MemoryState,
    private readonly objects: MemoryObjects,
    private readonly faults: Faults,
    private readonly mapping: Mapping,
    private readonly exhaustion: Exhaustion,
  ) {}

  /** @param regions how many it is to have at once */
  private create(caller: TaskId, placementTopPage: number, regions: number): Result {
    const job = this.kernel.attribute(caller, ATTRIBUTE.job);
    const bytes = spaceBytes(regions);
    if (this.kernel.mayHold(job, bytes, 0) < 0) return -ENOMEM;
    const id = this.kernel.createSpace();
    if (id < 0) return id;
    this.kernel.hold(job, bytes, 0);
    this.state.spaces.set(id, {
      id,
      job,
      heldRegions: regions,
      regions: [],
      tasks: 0,
      pages: 0,
      peakPages: 0,
      dataPages: 0,
      lockedPages: 0,
      lockFuture: 0,
      placementTopPage,
      searchPage: placementTopPage,
      passedPages: 0,
      breakStart: 0,
      breakEnd: 0,
    });
    return id;
  }

  /** The top of placement: below the room for the stack, at a random distance. */
  private placementTop(caller: TaskId): number {
    const limitPages = Math.floor(limitOf(this.kernel, caller, RLIMIT_STACK) / PAGE_BYTES);
    const room = Math.min(Math.max(limitPages, STACK_ROOM_MIN_PAGES), STACK_ROOM_MAX_PAGES);
    const random = (this.kernel.randomWord() >>> 0) % RANDOM_PAGES;
    return PAGE_LIMIT - room - RANDOM_PAGES - GUARD_PAGES - random;
  }

  private destroy(space: Space): void {
    const pages = this.kernel.spaceFigure(space.id, SPACE_FIGURE.resident);
    this.kernel.charge(0, space.regions.length * CHARGE_REGION + pages * CHARGE_PAGE);
    removeRegions(this.objects, space, 0, PAGE_LIMIT);
    this.kernel.hold(space.job, -spaceBytes(space.heldRegions), 0);
    this.kernel.destroySpace(space.id);
    this.state.spaces.delete(space.id);
    this.exhaustion.freed(space.id);
  }

  /** A task less; the last one frees the space. */
  private drop(space: Space): void {
    if (--space.tasks <= 0) this.destroy(space);
  }

  // ---- calls under way

  private pendingOf(caller: TaskId): Pending | undefined {
    const pending = this.state.pending.get(caller);
    return pending?.callId === this.kernel.callId(caller) ? pending : undefined;
  }

  /** exec by a thread that takes its leader's id: the call is the same under another caller. */
  private takePending(caller: TaskId, callId: number): Pending | undefined {
    for (const [key, pending] of this.state.pending) {
      if (pending.callId !== callId) continue;
      if (key !== caller && pending.child !== 0) continue;
      this.state.pending.delete(key);
      return pending;
    }
    return undefined;
  }

  private remember(caller: TaskId, space: number, child: TaskId): void {
    this.state.pending.set(caller, { callId: this.kernel.callId(caller), space, child });
    this.kernel.participate(caller);
  }

  /** The call succeeded: the new program's space is in use. @returns 0 */
  commit(caller: TaskId, callId: number): Result {
    const pending = this.takePending(caller, callId);
    if (pending === undefined || pending.child !== 0) return 0;
    const next = this.get(pending.space);
    const old = this.faults.spaceOf(caller);
    next.tasks = 1;
    this.kernel.setSpace(caller, next.id);
    if (old !== undefined) this.drop(old);
    return 0;
  }

  /** The call failed: what it made is gone. A call that is marked as started has let its child run
   * (vfork): then the fork stays. @returns 0 */
  abort(caller: TaskId, callId: number): Result {
    const pending = this.takePending(caller, callId);
    if (pending === undefined) return 0;
    if (pending.child !== 0 && this.kernel.started(caller) !== 0) return 0;
    this.undo(pending);
    return 0;
  }

  private undo(pending: Pending): void {
    const space = this.get(pending.space);
    if (pending.child === 0) {
      this.destroy(space);
      return;
    }
    if (this.kernel.exists(pending.child) === 1) {
      this.kernel.setAttribute(pending.child, ATTRIBUTE.space, -1);
    }
    this.drop(space);
  }

  private get(id: number): Space {
    const space = this.state.spaces.get(id);
    if (space === undefined) throw new Error(`memory space ${id} does not exist`);
    return space;
  }

  // ---- fork and exit

  /** clone(2): the child gets a copy of the caller's space, or the space itself. */
  fork(caller: TaskId, child: TaskId, shared: number): Result {
    const again = this.pendingOf(caller);
    if (again !== undefined) {
      this.state.pending.delete(caller);
      this.undo(again);
    }
    const from = this.faults.spaceOf(caller);
    if (from === undefined) return -ESRCH;
    const id = shared !== 0 ? from.id : this.copy(caller, from);
    if (id < 0) return id;
    this.get(id).tasks++;
    this.kernel.setSpace(child, id);
    this.remember(caller, id, child);
    return 0;
  }

  private copy(caller: TaskId, from: Space): Result {
    const pages = this.kernel.spaceFigure(from.id, SPACE_FIGURE.resident);
    this.kernel.charge(caller, from.regions.length * CHARGE_REGION + pages * CHARGE_PAGE);
    const id = this.create(caller, from.placementTopPage, from.regions.length);
    if (id < 0) return id;
    const to = this.get(id);
    to.breakStart = from.breakStart;
    to.breakEnd = from.breakEnd;
    for (const region of from.regions) {
      if ((region.flags & REGION.notForked) !== 0) continue;
      if (region.object !== NO_OBJECT) this.objects.retain(region.object);
      // Locks are not inherited (mlock(2)).
      insertRegion(this.objects, to, { ...region, flags: region.flags & ~LOCK_FLAGS });
      if ((region.flags & REGION.wipedOnFork) !== 0) continue;
      const copyOnWrite = (region.flags & REGION.shared) !== 0 ? 0 : 1;
      const pages = region.endPage - region.startPage;
      const first = region.startPage;
      const shared = this.kernel.shareMappings(from.id, id, first, pages, copyOnWrite);
      if (shared < 0) {
        this.destroy(to);
        return shared;
      }
    }
    // Both sides will write at once: rather no child than one that dies of its first step.
    if (this.objects.hasRoom(FORK_ROOM_PAGES)) return id;
    this.destroy(to);
    return -ENOMEM;
  }

  /** The task has no space any more (exit). Twice is once. @returns 0 */
  leave(caller: TaskId): Result {
    const space = this.faults.spaceOf(caller);
    if (space === undefined) return 0;
    for (const [key, pending] of this.state.pending) {
      if (pending.child === caller) this.state.pending.delete(key);
    }
    this.kernel.setAttribute(caller, ATTRIBUTE.space, -1);
    this.drop(space);
    return 0;
  }

  // ---- exec

  /** An empty space for the caller's execve; a re-run finds the one it made, emptied. */
  createSpace(caller: TaskId): Result {
    const again = this.pendingOf(caller);
    if (again !== undefined && again.child === 0) {
      const space = this.get(again.space);
      this.mapping.clear(space, 0, PAGE_LIMIT);
      space.breakStart = 0;
      space.breakEnd = 0;
      return space.id;
    }
    const id = this.create(caller, this.placementTop(caller), 0);
    if (id >= 0) this.remember(caller, id, 0);
    return id;
  }

  /** The space that the caller's execve is building, or undefined. */
  building(caller: TaskId, id: number): Space | undefined {
    const pending = this.pendingOf(caller);
    if (pending === undefined || pending.child !== 0 || pending.space !== id) return undefined;
    return this.state.spaces.get(id);
  }

  /** mmap into a space that is being built; what grows downwards there is the program's stack. */
  mapInto(
    caller: TaskId,
    space: Space,
    address: number,
    lengthBytes: number,
    protection: number,
    flags: number,
    object: number,
    objectOffset: number,
  ): Result {
    const start = this.mapping.map(
      caller,
      space,
      address,
      lengthBytes,
      protection,
      flags,
      object,
      objectOffset,
    );
    if (start < 0 || (flags & MAP_GROWSDOWN) === 0) return start;
    const page = start / PAGE_BYTES;
    const end = page + Math.ceil(lengthBytes / PAGE_BYTES);
    changeRegions(this.objects, space, page, end, -1, REGION.stack, REGION.stack);
    return start;
  }

  /** Copies the caller's bytes into a space that is being built, whatever the protection there. */
  writeInto(
    caller: TaskId,
    space: Space,
    address: number,
    source: number,
    lengthBytes: number,
  ): Result {
    let done = 0;
    while (done < lengthBytes) {
      const page = Math.floor((address + done) / PAGE_BYTES);
      const offset = address + done - page * PAGE_BYTES;
      const count = Math.min(PAGE_BYTES - offset, lengthBytes - done);
      const region = findRegion(space, page);
      if (region === undefined) return -EINVAL;
      const frame = this.ownFrame(space, region, page);
      if (frame < 0) return frame;
      const result = this.kernel.copyTaskToFrame(caller, source + done, frame, offset, count);
      if (result < 0) return result;
      done += count;
    }
    return done;
  }

  private ownFrame(space: Space, region: Region, page: number): Result {
    if ((region.flags & REGION.shared) !== 0) return -EINVAL;
    const entry = this.kernel.mapping(space.id, page);
    const permissions = permissionsOf(region.protection);
    const result = this.faults.ownPage(space, region, page, entry, permissions);
    return result < 0 ? result : this.kernel.mapping(space.id, page) >> 3;
  }

  /** Maps the vDSO, made of `bytes` when first asked for. @returns its address, 0: there is none */
  mapVdso(space: Space, bytes: Uint8Array): Result {
    if (bytes.length === 0) return 0;
    const made = this.vdsoObject(bytes);
    if (made < 0) return made;
    const pages = Math.ceil(bytes.length / PAGE_BYTES);
    const startPage = findRoom(this.kernel, space, pages);
    if (startPage < 0) return -ENOMEM;
    this.objects.retain(made);
    insertRegion(this.objects, space, {
      startPage,
      endPage: startPage + pages,
      protection: PROT_READ | PROT_EXEC,
      flags: REGION.vdso,
      object: made,
      objectPage: 0,
    });
    return startPage * PAGE_BYTES;
  }

  private vdsoObject(bytes: Uint8Array): Result {
    if (this.state.vdsoObject !== NO_OBJECT) return this.state.vdsoObject;
    const sizeBytes = Math.ceil(bytes.length / PAGE_BYTES) * PAGE_BYTES;
    const id = this.objects.create(0, sizeBytes, FRAME_USE.memory);
    if (id < 0) return id;
    for (let page = 0; page * PAGE_BYTES < bytes.length; page++) {
      const part = bytes.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
      if (this.objects.fill(id, page, part) < 0) {
        this.objects.release(id);
        return -ENOMEM;
      }
    }
    this.state.vdsoObject = id;
    return id;
  }
}
