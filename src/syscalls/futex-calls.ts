/**
 * futex(2) and futex_waitv(2): from their overloaded arguments to the operations of the futex
 * service.
 */
import { EAGAIN, EFAULT, EINVAL, ENOSYS } from "../abi/errno.js";
import * as abi from "../abi/futex.js";
import { CLOCK_MONOTONIC, CLOCK_REALTIME } from "../abi/time.js";
import { ACCESS_READ, ACCESS_WRITE, USER_ADDRESS_LIMIT } from "../kernel/platform.js";
import { BLOCKED, type Result } from "../kernel/protocol.js";
import { FUTEX_SLOT_QUEUED, VECTOR_ENTRY_BYTES } from "../services/futex/protocol.js";
import { readBytes, readMoment } from "./ranges.js";
import type { Operate, Services } from "./row.js";

const ALL_BITS = abi.FUTEX_BITSET_MATCH_ANY;
const VECTOR_MAX = 128;
/** Commands that may say FUTEX_CLOCK_REALTIME; others get ENOSYS. */
const WITH_CLOCK: ReadonlySet<number> = new Set([abi.FUTEX_WAIT_BITSET, abi.FUTEX_LOCK_PI2]);
/** Commands with a timeout. */
const WITH_TIMEOUT: ReadonlySet<number> = new Set([
  abi.FUTEX_WAIT,
  abi.FUTEX_WAIT_BITSET,
  abi.FUTEX_LOCK_PI,
  abi.FUTEX_LOCK_PI2,
]);

/** futex: one call with a command; FUTEX_WAIT_REQUEUE_PI is not there (ENOSYS). */
export const futex: Operate = (s, t, address, operation, value, time, target, value3) => {
  const command = operation & ~(abi.FUTEX_PRIVATE_FLAG | abi.FUTEX_CLOCK_REALTIME);
  const isRealtime = (operation & abi.FUTEX_CLOCK_REALTIME) !== 0;
  const shared = (operation & abi.FUTEX_PRIVATE_FLAG) !== 0 ? 0 : 1;
  let deadline = -1;
  if (WITH_TIMEOUT.has(command) && time !== 0) {
    // FUTEX_WAIT's is relative, FUTEX_LOCK_PI's always on realtime, the others' say.
    const clock = isRealtime || command === abi.FUTEX_LOCK_PI ? CLOCK_REALTIME : CLOCK_MONOTONIC;
    const at = time >= 0 ? time : USER_ADDRESS_LIMIT;
    deadline = deadlineOf(s, t, at, command === abi.FUTEX_WAIT, clock);
    if (deadline < 0) return deadline;
  }
  if (isRealtime && !WITH_CLOCK.has(command)) return -ENOSYS;
  // A second count travels where others have their timeout.
  const count2 = time | 0;
  switch (command) {
    case abi.FUTEX_WAIT:
    case abi.FUTEX_WAIT_BITSET: {
      const bits = command === abi.FUTEX_WAIT ? ALL_BITS : value3;
      const refused = bits === 0 ? -EINVAL : readable(s, t, address);
      return refused !== 0 ? refused : s.futex.wait(t, address, shared, value, deadline, bits);
    }
    case abi.FUTEX_WAKE:
    case abi.FUTEX_WAKE_BITSET: {
      const bits = command === abi.FUTEX_WAKE ? ALL_BITS : value3;
      const refused = bits === 0 ? -EINVAL : reachable(s, t, address, shared);
      return refused !== 0 ? refused : s.futex.wake(t, address, shared, value | 0, bits);
    }
    case abi.FUTEX_REQUEUE:
    case abi.FUTEX_CMP_REQUEUE: {
      const compare = command === abi.FUTEX_CMP_REQUEUE ? 1 : 0;
      if ((value | 0) < 0 || count2 < 0) return -EINVAL;
      let refused = reachable(s, t, address, shared) || reachable(s, t, target, shared);
      if (refused === 0 && compare === 1) refused = readable(s, t, address);
      if (refused !== 0) return refused;
      return s.futex.requeue(t, address, shared, value, count2, target, compare, value3);
    }
    case abi.FUTEX_WAKE_OP: {
      const refused = reachable(s, t, address, shared) || writable(s, t, target);
      if (refused !== 0) return refused;
      return s.futex.wakeOperation(t, address, shared, value, count2, target, value3);
    }
    case abi.FUTEX_LOCK_PI:
    case abi.FUTEX_LOCK_PI2:
    case abi.FUTEX_TRYLOCK_PI: {
      const isTry = command === abi.FUTEX_TRYLOCK_PI ? 1 : 0;
      const refused = writable(s, t, address);
      return refused !== 0 ? refused : s.futex.lock(t, address, shared, deadline, isTry);
    }
    case abi.FUTEX_UNLOCK_PI: {
      const refused = writable(s, t, address);
      return refused !== 0 ? refused : s.futex.unlock(t, address, shared);
    }
    default:
      return -ENOSYS;
  }
};

function accessible(s: Services, caller: number, address: number, access: number): Result {
  if (address % 4 !== 0) return -EINVAL;
  const ready = s.prepare(caller, address, 4, access);
  if (ready === BLOCKED) return BLOCKED;
  return ready < 4 ? -EFAULT : 0;
}

const readable = (s: Services, caller: number, address: number): Result =>
  accessible(s, caller, address, ACCESS_READ);

/** A private futex is its address alone; a shared one is what is mapped there (get_futex_key). */
function reachable(s: Services, caller: number, address: number, shared: number): Result {
  if (shared !== 0 || address % 4 !== 0) return readable(s, caller, address);
  return address < USER_ADDRESS_LIMIT ? 0 : -EFAULT;
}

function writable(s: Services, caller: number, address: number): Result {
  const refused = readable(s, caller, address);
  return refused !== 0 ? refused : accessible(s, caller, address, ACCESS_WRITE);
}

/**
 * The monotonic deadline of a timespec, fixed at the call's first run.
 * @returns it, ≥ 0; or -errno, or BLOCKED
 */
function deadlineOf(
  s: Services,
  t: number,
  time: number,
  isRelative: boolean,
  clock: number,
): Result {
  const known = s.kernel.deadline(t);
  if (known !== Number.POSITIVE_INFINITY) return known;
  const moment = readMoment(s, t, time);
  if (typeof moment === "number") return moment;
  const { seconds, nanoseconds } = moment;
  if (!isRelative && clock === CLOCK_MONOTONIC) return seconds * 1e9 + nanoseconds;
  const now = s.kernel.monotonicNanoseconds();
  if (isRelative) return now + seconds * 1e9 + nanoseconds;
  const ahead = (seconds - s.kernel.realtimeSeconds()) * 1e9;
  return Math.max(0, now + ahead + nanoseconds - s.kernel.realtimeNanoseconds());
}

/** futex_waitv: waits for any of up to 128 words. @returns the index of the one that was woken */
export const futexWaitVector: Operate = (s, t, vector, count, flags, time, clock) => {
  if (flags !== 0 || count === 0 || count > VECTOR_MAX || vector === 0) return -EINVAL;
  let deadline = -1;
  if (time !== 0) {
    if (clock !== CLOCK_MONOTONIC && clock !== CLOCK_REALTIME) return -EINVAL;
    deadline = deadlineOf(s, t, time, false, clock);
    if (deadline < 0) return deadline;
  }
  const bytes = readBytes(s, t, vector, count * abi.FUTEX_WAITV_BYTES);
  if (typeof bytes === "number") return bytes;
  const view = new DataView(bytes.buffer);
  const entries = new Uint8Array(count * VECTOR_ENTRY_BYTES);
  const packed = new DataView(entries.buffer);
  for (let index = 0; index < count; index++) {
    const at = index * abi.FUTEX_WAITV_BYTES;
    const how = view.getUint32(at + 16, true);
    if ((how & ~abi.FUTEX_PRIVATE_FLAG) !== abi.FUTEX2_SIZE_U32) return -EINVAL;
    if (view.getUint32(at + 20, true) !== 0) return -EINVAL;
    packed.setUint32(index * VECTOR_ENTRY_BYTES, view.getUint32(at + 8, true), true);
    packed.setUint32(index * VECTOR_ENTRY_BYTES + 4, view.getUint32(at + 12, true), true);
    const shared = (how & abi.FUTEX_PRIVATE_FLAG) === 0 ? 1 : 0;
    packed.setUint32(index * VECTOR_ENTRY_BYTES + 8, shared, true);
  }
  if (s.kernel.slot(t, FUTEX_SLOT_QUEUED) === 0) {
    const refused = compareWords(s, t, view, count);
    if (refused !== 0) return refused;
  }
  const scratch = s.kernel.scratch(t, entries.length);
  s.kernel.copyOut(t, scratch, entries, 0, entries.length);
  return s.futex.waitVector(t, scratch, entries.length, deadline);
};

/** Compares each word with what is expected. @returns 0, -EAGAIN: one differs, or as `readable` */
function compareWords(s: Services, t: number, view: DataView, count: number): Result {
  const word = new Uint8Array(4);
  for (let at = 0; at < count * abi.FUTEX_WAITV_BYTES; at += abi.FUTEX_WAITV_BYTES) {
    const high = view.getUint32(at + 12, true);
    const address = high * 2 ** 32 + view.getUint32(at + 8, true);
    if (address >= USER_ADDRESS_LIMIT) return -EFAULT;
    const refused = readable(s, t, address);
    if (refused !== 0) return refused;
    const failed = s.kernel.copyIn(t, address, word, 0, 4);
    if (failed < 0) return failed;
    const isSame = new DataView(word.buffer).getUint32(0, true) === view.getUint32(at, true);
    if (!isSame || view.getUint32(at + 4, true) !== 0) return -EAGAIN;
  }
  return 0;
}
