/**
 * Advisory locks: fcntl(2) record locks of descriptor tables (which processes may share), open file
 * description locks, and flock(2). A lock is a range of bytes with an owner; waiting calls wait on
 * the node's channel and try again.
 */
import { EAGAIN, EBADF, EDEADLK, EINVAL, ENOLCK, EOVERFLOW } from "../../abi/errno.js";
import {
  F_GETLK,
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_OFD_SETLKW,
  F_RDLCK,
  F_SETLK,
  F_SETLKW,
  F_UNLCK,
  F_WRLCK,
  FLOCK_BYTES,
  getInteger64,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
  OFFSET_MAX,
  S_IFMT,
  S_IFREG,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
  setInteger64,
} from "../../abi/file.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { hold, jobOf, LOCK_COST_BYTES, mayHold } from "./charges.js";
import { checkDirection } from "./pipe.js";
import { NODE } from "./protocol.js";
import {
  type Core,
  type DescriptorTable,
  type FileLock,
  fileSystemOf,
  KIND_PATH,
  type LockList,
  nodeKey,
  type OpenFile,
  tableOf,
} from "./state.js";

const ALL = 2 ** 31 - 1;
/** Record locks of one file, each of which every other one is compared with. */
const LOCKS_MAX = 4096;
/** Instructions charged for each lock that another one is compared with. */
const CHARGE_LOCK = 4;
/** A lock may cut another one in two. */
const LOCKS_ADDED = 2;
const FOREVER = Number.POSITIVE_INFINITY;

/** What locks are held on: the node, also a FIFO's, or a pipe without one. */
const keyOf = (core: Core, file: OpenFile): string =>
  file.mount < 0 ? `pipe:${file.pipe}` : nodeKey(core, file.mount, file.node);

function listOf(core: Core, caller: TaskId, file: OpenFile): LockList {
  const key = keyOf(core, file);
  let list = core.state.locks.get(key);
  if (list === undefined) {
    list = { job: jobOf(core, caller), ranges: [], whole: [], channel: core.kernel.newChannel() };
    core.state.locks.set(key, list);
  }
  return list;
}

const overlaps = (a: FileLock, b: FileLock): boolean => a.start < b.end && b.start < a.end;

function conflictOf(locks: readonly FileLock[], wanted: FileLock): FileLock | undefined {
  return locks.find(
    (lock) =>
      lock.owner !== wanted.owner && overlaps(lock, wanted) && (lock.exclusive || wanted.exclusive),
  );
}

/** The owner's locks without the range; what sticks out on either side stays. */
function without(locks: readonly FileLock[], range: FileLock): FileLock[] {
  const isCut = locks.some((lock) => lock.owner === range.owner && overlaps(lock, range));
  if (!isCut) return locks.slice();
  return locks.flatMap((lock) => {
    if (lock.owner !== range.owner || !overlaps(lock, range)) return [lock];
    const left = lock.start < range.start ? [{ ...lock, end: range.start }] : [];
    const right = lock.end > range.end ? [{ ...lock, start: range.end }] : [];
    return [...left, ...right];
  });
}

/** Adds the lock and joins it with neighbours of the same owner and kind. */
function withLock(locks: readonly FileLock[], lock: FileLock): FileLock[] {
  let { start, end } = lock;
  const rest = without(locks, lock).filter((other) => {
    const joins =
      other.owner === lock.owner &&
      other.exclusive === lock.exclusive &&
      (other.end === start || other.start === end);
    if (!joins) return true;
    start = Math.min(start, other.start);
    end = Math.max(end, other.end);
    return false;
  });
  const joined = { ...lock, start, end };
  // An owner's locks stand in order, as Linux lists them: F_GETLK tells of the first.
  const before = rest.findIndex((other) => other.owner === lock.owner && other.start > start);
  if (before < 0) return [...rest, joined];
  return [...rest.slice(0, before), joined, ...rest.slice(before)];
}

/** The job of the list is charged for its locks. */
function recount(core: Core, list: LockList, before: number, after: number): void {
  if (after !== before) hold(core, list.job, (after - before) * LOCK_COST_BYTES);
}

function setRanges(core: Core, list: LockList, ranges: FileLock[]): void {
  core.kernel.charge(0, ranges.length * CHARGE_LOCK);
  recount(core, list, list.ranges.length, ranges.length);
  list.ranges = ranges;
}

function setWhole(core: Core, list: LockList, whole: FileLock[]): void {
  recount(core, list, list.whole.length, whole.length);
  list.whole = whole;
}

/** Drops the list once it is empty and wakes those who wait. */
function changed(core: Core, file: OpenFile, list: LockList): void {
  core.kernel.wake(list.channel, ALL);
  const empty = list.ranges.length === 0 && list.whole.length === 0;
  if (empty && core.kernel.waiting(list.channel) === 0) {
    core.state.locks.delete(keyOf(core, file));
  }
}

/** The range that a struct flock names. @returns the lock, or -errno */
function rangeOf(core: Core, caller: TaskId, file: OpenFile, view: DataView, owner: number) {
  const type = view.getInt16(0, true);
  const whence = view.getInt16(2, true);
  const offset = getInteger64(view, 8);
  const length = getInteger64(view, 16);
  if (type !== F_RDLCK && type !== F_WRLCK && type !== F_UNLCK) return -EINVAL;
  let base = 0;
  if (whence === SEEK_CUR) base = file.position;
  else if (whence === SEEK_END) {
    const isRegular = (file.mode & S_IFMT) === S_IFREG;
    const fileSystem = isRegular ? fileSystemOf(core, file.mount) : undefined;
    base = fileSystem?.attribute(caller, file.node, NODE.sizeBytes) ?? 0;
    if (base < 0) return base;
  } else if (whence !== SEEK_SET) return -EINVAL;
  const at = base + offset;
  if (at > OFFSET_MAX) return -EOVERFLOW;
  const start = length < 0 ? at + length : at;
  if (start < 0) return -EINVAL;
  let end = FOREVER;
  if (length > 0) end = at + length;
  else if (length < 0) end = at;
  const process = owner < 0 ? -1 : core.kernel.attribute(caller, ATTRIBUTE.process);
  return { owner, process, exclusive: type === F_WRLCK, start, end };
}

function describe(view: DataView, lock: FileLock | undefined): void {
  if (lock === undefined) {
    view.setInt16(0, F_UNLCK, true);
    return;
  }
  view.setInt16(0, lock.exclusive ? F_WRLCK : F_RDLCK, true);
  view.setInt16(2, SEEK_SET, true);
  setInteger64(view, 8, lock.start);
  setInteger64(view, 16, lock.end === FOREVER ? 0 : lock.end - lock.start);
  view.setInt32(24, lock.process, true);
}

/**
 * fcntl(2) with a struct flock of FLOCK_BYTES at `flock`.
 * @returns 0, -EAGAIN, -EBADF, -EINVAL, or BLOCKED (F_SETLKW)
 */
export function lockRange(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  command: number,
  flock: number,
): Result {
  const { kernel } = core;
  const isOfd = command === F_OFD_GETLK || command === F_OFD_SETLK || command === F_OFD_SETLKW;
  const known = isOfd || command === F_GETLK || command === F_SETLK || command === F_SETLKW;
  if (!known || file.kind === KIND_PATH) return known ? -EBADF : -EINVAL;
  const bytes = new Uint8Array(FLOCK_BYTES);
  const view = new DataView(bytes.buffer);
  const failed = kernel.copyIn(caller, flock, bytes, 0, FLOCK_BYTES);
  if (failed < 0) return failed;
  if (isOfd && view.getInt32(24, true) !== 0) return -EINVAL;
  const owner = isOfd ? -file.id : tableOf(core, caller).id;
  const range = rangeOf(core, caller, file, view, owner);
  if (typeof range === "number") return range;
  const type = view.getInt16(0, true);
  const held = core.state.locks.get(keyOf(core, file))?.ranges ?? [];
  const conflict = type === F_UNLCK ? undefined : conflictOf(held, range);
  if (command === F_GETLK || command === F_OFD_GETLK) {
    describe(view, conflict);
    return kernel.copyOut(caller, flock, bytes, 0, FLOCK_BYTES);
  }
  const list = listOf(core, caller, file);
  if (type === F_UNLCK) {
    const rest = without(list.ranges, range);
    if (rest.length > Math.max(LOCKS_MAX, list.ranges.length)) return -ENOLCK;
    setRanges(core, list, rest);
    changed(core, file, list);
    return 0;
  }
  if (checkDirection(file.flags, type === F_WRLCK) < 0) return -EBADF;
  const waits = command === F_SETLKW || command === F_OFD_SETLKW;
  if (waits && (conflict !== undefined || kernel.forced(caller))) {
    if (conflict !== undefined && waitsFor(core, conflict.owner, owner)) return -EDEADLK;
    noteWait(core, caller, owner, conflict);
    return kernel.block(caller, list.channel);
  }
  if (conflict !== undefined) return -EAGAIN;
  const isFull = mayHold(core, list.job, LOCKS_ADDED * LOCK_COST_BYTES) < 0;
  if (isFull || list.ranges.length >= LOCKS_MAX) return -ENOLCK;
  forgetWait(core, owner);
  setRanges(core, list, withLock(list.ranges, range));
  kernel.wake(list.channel, ALL);
  return 0;
}

/** Whether `from` waits, over any number of steps, for `owner`: a deadlock if that waits too. */
function waitsFor(core: Core, from: number, owner: number): boolean {
  let at: number | undefined = from;
  for (let steps = 0; at !== undefined && steps < 64; steps++) {
    if (at === owner) return true;
    at = core.state.lockWaits.get(at)?.owner;
  }
  return false;
}

function noteWait(core: Core, caller: TaskId, owner: number, conflict: FileLock | undefined) {
  if (conflict === undefined || owner < 0 || conflict.owner < 0) return;
  core.state.lockWaits.set(owner, { owner: conflict.owner, call: core.kernel.callId(caller) });
  core.kernel.participate(caller);
}

function forgetWait(core: Core, owner: number): void {
  core.state.lockWaits.delete(owner);
}

/** The call that waited for a lock has ended. */
export function endLockWait(core: Core, callId: number): void {
  for (const [owner, wait] of core.state.lockWaits) {
    if (wait.call === callId) core.state.lockWaits.delete(owner);
  }
}

/** flock(2). @returns 0, -EAGAIN (EWOULDBLOCK), -EINVAL or BLOCKED */
export function lockWhole(core: Core, caller: TaskId, file: OpenFile, how: number): Result {
  const operation = how & ~LOCK_NB;
  if (operation !== LOCK_SH && operation !== LOCK_EX && operation !== LOCK_UN) return -EINVAL;
  if (file.kind === KIND_PATH) return -EBADF;
  const list = listOf(core, caller, file);
  const exclusive = operation === LOCK_EX;
  const lock: FileLock = { owner: -file.id, process: -1, exclusive, start: 0, end: FOREVER };
  if (operation === LOCK_UN) {
    setWhole(core, list, without(list.whole, lock));
    changed(core, file, list);
    return 0;
  }
  const conflict = conflictOf(list.whole, lock);
  if ((how & LOCK_NB) === 0 && (conflict !== undefined || core.kernel.forced(caller))) {
    return core.kernel.block(caller, list.channel);
  }
  if (conflict !== undefined) return -EAGAIN;
  if (mayHold(core, list.job, LOCK_COST_BYTES) < 0) return -ENOLCK;
  setWhole(core, list, withLock(list.whole, lock));
  core.kernel.wake(list.channel, ALL);
  return 0;
}

function dropOwner(core: Core, file: OpenFile, owner: number): void {
  const list = core.state.locks.get(keyOf(core, file));
  if (list === undefined) return;
  if (list.ranges.some((lock) => lock.owner === owner)) {
    setRanges(
      core,
      list,
      list.ranges.filter((lock) => lock.owner !== owner),
    );
  }
  if (list.whole.some((lock) => lock.owner === owner)) {
    setWhole(
      core,
      list,
      list.whole.filter((lock) => lock.owner !== owner),
    );
  }
  changed(core, file, list);
}

/** A descriptor was closed: all record locks of its table on the file go (fcntl(2)). */
export function dropTableLocks(core: Core, table: DescriptorTable, file: OpenFile): void {
  if (core.state.locks.size === 0 || file.kind === KIND_PATH) return;
  dropOwner(core, file, table.id);
}

/** An open file went: its OFD and flock locks go. */
export function dropOpenFileLocks(core: Core, file: OpenFile): void {
  if (core.state.locks.size === 0 || file.kind === KIND_PATH) return;
  dropOwner(core, file, -file.id);
}
