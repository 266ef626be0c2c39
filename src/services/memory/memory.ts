/**
 * The memory service: regions of address spaces, page faults, memory objects. This file is the
 * protocol's surface; below it, each built on the ones after: spaces (exec, fork, exit), remap,
 * advice, mapping (mmap and its kin), faults, objects, regions, state.
 */
import { EFAULT, EINVAL, ENOMEM } from "../../abi/errno.js";
import { USER_ADDRESS_LIMIT } from "../../abi/memory.js";
import { FRAME_USE, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { Advice } from "./advice.js";
import { Exhaustion } from "./exhaustion.js";
import { Faults } from "./faults.js";
import { Locks } from "./locks.js";
import { Mapping } from "./mapping.js";
import { Maps } from "./maps.js";
import { MemoryObjects } from "./objects.js";
import type { MemoryService } from "./protocol.js";
import { Remapping } from "./remap.js";
import { Reports } from "./report.js";
import { Spaces } from "./spaces.js";
import { createMemoryState, type MemoryState } from "./state.js";
import { Transfer } from "./transfer.js";

export interface MemoryOptions {
  /** Bytes of the vDSO's pages; none: mapVdso answers 0. */
  readonly vdso?: Uint8Array;
}

/** Regions, faults and objects. `state` holds everything; the rest is behaviour over it. */
export class Memory implements MemoryService {
  readonly state: MemoryState = createMemoryState();
  private readonly objects: MemoryObjects;
  private readonly faults: Faults;
  private readonly mapping: Mapping;
  private readonly remapping: Remapping;
  private readonly advice: Advice;
  private readonly locks: Locks;
  private readonly transfer: Transfer;
  private readonly spaces: Spaces;
  private readonly maps: Maps;
  private readonly reports: Reports;

  constructor(
    kernel: KernelCalls,
    _services: Readonly<Record<string, never>> = {},
    private readonly options: MemoryOptions = {},
  ) {
    const state = this.state;
    this.objects = new MemoryObjects(kernel, state);
    const exhaustion = new Exhaustion(kernel, state);
    this.faults = new Faults(kernel, state, this.objects, exhaustion);
    this.locks = new Locks(kernel, this.objects, this.faults);
    this.mapping = new Mapping(kernel, this.objects, this.faults, this.locks);
    this.remapping = new Remapping(kernel, this.objects, this.mapping, this.locks);
    this.advice = new Advice(kernel, state, this.objects, this.faults);
    this.spaces = new Spaces(kernel, state, this.objects, this.faults, this.mapping, exhaustion);
    this.transfer = new Transfer(kernel, this.faults);
    this.maps = new Maps(kernel, state, this.objects, this.faults);
    this.reports = new Reports(kernel, state, this.objects, this.faults, this.maps);
  }

  event(_caller: TaskId, _kind: number, _word0: number, _word1: number, _word2: number): Result {
    return 0;
  }

  commit(caller: TaskId, callId: number): Result {
    return this.spaces.commit(caller, callId);
  }

  abort(caller: TaskId, callId: number): Result {
    return this.spaces.abort(caller, callId);
  }

  fault(caller: TaskId, page: number, access: number): Result {
    return this.faults.fault(caller, page, access);
  }

  prepare(caller: TaskId, address: number, lengthBytes: number, access: number): Result {
    return this.faults.prepare(caller, address, lengthBytes, access);
  }

  map(
    caller: TaskId,
    address: number,
    lengthBytes: number,
    protection: number,
    flags: number,
    object: number,
    objectOffset: number,
  ): Result {
    const space = this.faults.spaceOf(caller);
    if (space === undefined) return -ENOMEM;
    return this.mapping.map(
      caller,
      space,
      address,
      lengthBytes,
      protection,
      flags,
      object,
      objectOffset,
    );
  }

  unmap(caller: TaskId, address: number, lengthBytes: number): Result {
    const space = this.faults.spaceOf(caller);
    return space === undefined ? -EINVAL : this.mapping.unmap(space, address, lengthBytes);
  }

  protect(caller: TaskId, address: number, lengthBytes: number, protection: number): Result {
    const space = this.faults.spaceOf(caller);
    if (space === undefined) return -ENOMEM;
    return this.mapping.protect(caller, space, address, lengthBytes, protection);
  }

  remap(
    caller: TaskId,
    address: number,
    oldLengthBytes: number,
    newLengthBytes: number,
    flags: number,
    newAddress: number,
  ): Result {
    const space = this.faults.spaceOf(caller);
    if (space === undefined) return -EFAULT;
    return this.remapping.remap(
      caller,
      space,
      address,
      oldLengthBytes,
      newLengthBytes,
      flags,
      newAddress,
    );
  }

  remapFile(
    caller: TaskId,
    address: number,
    lengthBytes: number,
    page: number,
    flags: number,
  ): Result {
    const space = this.faults.spaceOf(caller);
    if (space === undefined) return -EINVAL;
    return this.mapping.remapFile(caller, space, address, lengthBytes, page, flags);
  }

  setBreak(caller: TaskId, address: number): Result {
    const space = this.faults.spaceOf(caller);
    return space === undefined ? -ENOMEM : this.mapping.setBreak(caller, space, address);
  }

  advise(caller: TaskId, address: number, lengthBytes: number, advice: number): Result {
    const space = this.faults.spaceOf(caller);
    if (space === undefined) return -ENOMEM;
    return this.advice.advise(space, address, lengthBytes, advice);
  }

  synchronize(caller: TaskId, address: number, lengthBytes: number, flags: number): Result {
    const space = this.faults.spaceOf(caller);
    if (space === undefined) return -ENOMEM;
    return this.advice.synchronize(space, address, lengthBytes, flags);
  }

  residency(
    caller: TaskId,
    address: number,
    lengthBytes: number,
    vector: number,
    pages: number,
  ): Result {
    const space = this.faults.spaceOf(caller);
    if (space === undefined) return -ENOMEM;
    return this.advice.residency(caller, space, address, lengthBytes, vector, pages);
  }

  lock(caller: TaskId, address: number, lengthBytes: number, flags: number): Result {
    const space = this.faults.spaceOf(caller);
    if (space === undefined) return -ENOMEM;
    return this.locks.lock(caller, space, address, lengthBytes, flags);
  }

  unlock(caller: TaskId, address: number, lengthBytes: number): Result {
    const space = this.faults.spaceOf(caller);
    return space === undefined ? -ENOMEM : this.locks.unlock(space, address, lengthBytes);
  }

  writableMappings(_caller: TaskId, object: number): Result {
    return this.reports.writableMappings(object);
  }

  lockAll(caller: TaskId, flags: number): Result {
    const space = this.faults.spaceOf(caller);
    if (space === undefined) return -ENOMEM;
    return flags === 0 ? this.locks.unlockAll(space) : this.locks.lockAll(caller, space, flags);
  }

  readTask(
    caller: TaskId,
    task: TaskId,
    remote: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    return this.transfer.copy(caller, task, remote, buffer, lengthBytes, false);
  }

  writeTask(
    caller: TaskId,
    task: TaskId,
    remote: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    return this.transfer.copy(caller, task, remote, buffer, lengthBytes, true);
  }

  fork(caller: TaskId, child: TaskId, shared: number): Result {
    return this.spaces.fork(caller, child, shared);
  }

  leave(caller: TaskId): Result {
    return this.spaces.leave(caller);
  }

  createSpace(caller: TaskId): Result {
    return this.spaces.createSpace(caller);
  }

  mapInto(
    caller: TaskId,
    space: number,
    address: number,
    lengthBytes: number,
    protection: number,
    flags: number,
    object: number,
    objectOffset: number,
  ): Result {
    const target = this.spaces.building(caller, space);
    if (target === undefined) return -EINVAL;
    return this.spaces.mapInto(
      caller,
      target,
      address,
      lengthBytes,
      protection,
      flags,
      object,
      objectOffset,
    );
  }

  writeInto(
    caller: TaskId,
    space: number,
    address: number,
    source: number,
    lengthBytes: number,
  ): Result {
    const target = this.spaces.building(caller, space);
    if (target === undefined) return -EINVAL;
    return this.spaces.writeInto(caller, target, address, source, lengthBytes);
  }

  setBreakStart(caller: TaskId, space: number, address: number): Result {
    const target = this.spaces.building(caller, space);
    if (target === undefined) return -EINVAL;
    if (!(address >= 0 && address < USER_ADDRESS_LIMIT)) return -EINVAL;
    target.breakStart = address;
    target.breakEnd = address;
    return 0;
  }

  mapVdso(caller: TaskId, space: number): Result {
    const target = this.spaces.building(caller, space);
    if (target === undefined) return -EINVAL;
    return this.options.vdso === undefined ? 0 : this.spaces.mapVdso(target, this.options.vdso);
  }

  createObject(caller: TaskId, sizeBytes: number): Result {
    return sizeBytes >= 0 ? this.objects.create(caller, sizeBytes, FRAME_USE.file) : -EINVAL;
  }

  retainObject(_caller: TaskId, object: number): Result {
    return this.objects.retain(object);
  }

  releaseObject(_caller: TaskId, object: number): Result {
    return this.objects.release(object);
  }

  readObject(
    caller: TaskId,
    object: number,
    offset: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    return this.objects.read(caller, object, offset, buffer, lengthBytes);
  }

  writeObject(
    caller: TaskId,
    object: number,
    offset: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    return this.objects.write(caller, object, offset, buffer, lengthBytes);
  }

  truncateObject(_caller: TaskId, object: number, sizeBytes: number): Result {
    return this.advice.truncate(object, sizeBytes);
  }

  objectPages(_caller: TaskId, object: number): Result {
    return this.objects.find(object)?.frames.size ?? -EINVAL;
  }

  objectPagesIn(_caller: TaskId, object: number, first: number, end: number): Result {
    const found = this.objects.find(object);
    return found === undefined ? -EINVAL : this.objects.countIn(found, first, end);
  }

  clearObject(_caller: TaskId, object: number, offset: number, lengthBytes: number): Result {
    return this.advice.clear(object, offset, lengthBytes);
  }

  nextObjectPage(_caller: TaskId, object: number, page: number, present: number): Result {
    const found = this.objects.find(object);
    return found === undefined ? -EINVAL : this.objects.next(found, page, present === 1);
  }

  allocateObject(_caller: TaskId, object: number, first: number, end: number): Result {
    const found = this.objects.find(object);
    return found === undefined ? -EINVAL : this.objects.allocate(found, first, end);
  }

  futexKey(caller: TaskId, address: number, shared: number): Result {
    return this.reports.futexKey(caller, address, shared);
  }

  describeMaps(
    caller: TaskId,
    task: TaskId,
    offset: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    return this.maps.describe(caller, task, 0, offset, buffer, lengthBytes);
  }

  describeUse(
    caller: TaskId,
    task: TaskId,
    offset: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    return this.maps.describe(caller, task, 1, offset, buffer, lengthBytes);
  }

  describePages(
    caller: TaskId,
    task: TaskId,
    offset: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    return this.maps.describePages(caller, task, offset, buffer, lengthBytes);
  }

  readSpace(
    caller: TaskId,
    task: TaskId,
    address: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    return this.maps.read(caller, task, address, buffer, lengthBytes);
  }

  nameObject(
    caller: TaskId,
    object: number,
    device: number,
    inode: number,
    path: number,
    pathLength: number,
  ): Result {
    return this.maps.nameObject(caller, object, device, inode, path, pathLength);
  }

  usage(_caller: TaskId, task: TaskId, figure: number): Result {
    return this.reports.usage(task, figure);
  }
}
