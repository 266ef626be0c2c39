/**
 * Priority-inheritance futexes (futex(2), FUTEX_LOCK_PI): the word holds the owner's thread id, and
 * who has to wait is handed the lock by the owner, or by its end. The lock goes to who waits
 * longest; nobody's priority is raised (one hart, and the policy ages).
 */
import { EAGAIN, EDEADLK, EFAULT, EPERM, ESRCH, ETIMEDOUT } from "../../abi/errno.js";
import { FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS } from "../../abi/futex.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import { ACCESS_WRITE } from "../../kernel/platform.js";
import { BLOCKED, type Result } from "../../kernel/protocol.js";
import type { Core, Lock, LockWait } from "./state.js";

/** The call's slot with 1 once it waits for a lock. */
const SLOT_LOCKING = 1;
const WORD_BYTES = 4;
/** 'Z': the thread has ended. */
const LETTER_Z = 0x5a;

function load(core: Core, caller: TaskId, address: number): number | undefined {
  const bytes = new Uint8Array(WORD_BYTES);
  if (core.kernel.copyIn(caller, address, bytes, 0, WORD_BYTES) < 0) return undefined;
  return new DataView(bytes.buffer).getUint32(0, true);
}

function store(core: Core, caller: TaskId, address: number, value: number): Result {
  const bytes = new Uint8Array(WORD_BYTES);
  new DataView(bytes.buffer).setUint32(0, value >>> 0, true);
  return core.kernel.copyOut(caller, address, bytes, 0, WORD_BYTES);
}

/**
 * FUTEX_LOCK_PI, FUTEX_LOCK_PI2, FUTEX_TRYLOCK_PI.
 * @param deadlineNanoseconds absolute monotonic; < 0: none
 * @returns 0; -EDEADLK: the caller has it; -ESRCH: the owner is not there; -EAGAIN, -ETIMEDOUT
 */
export function lock(
  core: Core,
  caller: TaskId,
  address: number,
  shared: number,
  deadlineNanoseconds: number,
  isTry: boolean,
): Result {
  const { kernel, state } = core;
  if (kernel.slot(caller, SLOT_LOCKING) !== 0) return resume(core, caller);
  const key = core.memory.futexKey(caller, address, shared);
  if (key < 0) return key;
  const word = load(core, caller, address);
  if (word === undefined) return -EFAULT;
  const owner = word & FUTEX_TID_MASK;
  if (owner === caller) return -EDEADLK;
  const waiting = state.locks.get(key);
  if (!isTry && kernel.forced(caller)) return BLOCKED;
  if (owner === 0 && waiting === undefined) {
    return store(core, caller, address, (word & FUTEX_OWNER_DIED) | caller);
  }
  if (isTry) return -EAGAIN;
  if (!isAlive(core, owner)) return -ESRCH;
  if (deadlineNanoseconds >= 0) {
    if (kernel.monotonicNanoseconds() >= deadlineNanoseconds) return -ETIMEDOUT;
    kernel.setDeadline(caller, deadlineNanoseconds);
  }
  const failed = store(core, caller, address, word | FUTEX_WAITERS);
  if (failed < 0) return failed;
  const channel = kernel.newChannel();
  const callId = kernel.callId(caller);
  state.lockWaits.set(caller, { callId, channel, key, taken: false });
  const waiter = { task: caller, address };
  if (waiting === undefined) state.locks.set(key, { owner, waiters: [waiter] });
  else waiting.waiters.push(waiter);
  kernel.setSlot(caller, SLOT_LOCKING, 1);
  kernel.participate(caller);
  // A handler must not end the wait with EINTR: glibc does not expect it (ERESTARTNOINTR).
  kernel.setRestarting(caller);
  return kernel.block(caller, channel);
}

function isAlive(core: Core, task: TaskId): boolean {
  if (core.kernel.exists(task) !== 1) return false;
  return core.kernel.attribute(task, ATTRIBUTE.stateCode) !== LETTER_Z;
}

function resume(core: Core, caller: TaskId): Result {
  const { kernel, state } = core;
  const wait = state.lockWaits.get(caller);
  if (wait === undefined) throw new Error(`lock of task ${caller} is not queued`);
  if (wait.taken) return 0;
  if (kernel.monotonicNanoseconds() >= kernel.deadline(caller)) return -ETIMEDOUT;
  return kernel.block(caller, wait.channel);
}

/** FUTEX_UNLOCK_PI. @returns 0, or -EPERM: the caller does not have it */
export function unlock(core: Core, caller: TaskId, address: number, shared: number): Result {
  const { state } = core;
  const key = core.memory.futexKey(caller, address, shared);
  if (key < 0) return key;
  const word = load(core, caller, address);
  if (word === undefined) return -EFAULT;
  if ((word & FUTEX_TID_MASK) !== caller) return -EPERM;
  const waiting = state.locks.get(key);
  const next = waiting?.waiters[0];
  if (waiting === undefined || next === undefined) return store(core, caller, address, 0);
  const failed = store(core, caller, address, FUTEX_WAITERS | next.task);
  if (failed < 0) return failed;
  handOver(core, key, waiting);
  return 0;
}

/** The lock is its first waiter's: that call ends with 0. */
function handOver(core: Core, key: number, waiting: Lock): void {
  const { kernel, state } = core;
  const next = waiting.waiters.shift();
  if (next === undefined) return;
  waiting.owner = next.task;
  if (waiting.waiters.length === 0) state.locks.delete(key);
  const wait = state.lockWaits.get(next.task) as LockWait;
  wait.taken = true;
  kernel.complete(wait.channel, 1, 0);
}

/** A thread ends: the locks that it has go on to who waits, marked (exit_pi_state_list). */
export function leaveLocks(core: Core, task: TaskId): void {
  const { kernel, state } = core;
  for (const [key, waiting] of [...state.locks]) {
    const next = waiting.waiters[0];
    if (waiting.owner !== task || next === undefined) continue;
    const word = FUTEX_WAITERS | FUTEX_OWNER_DIED | next.task;
    // Into the waiter's own space: the dying one's may be another, or gone.
    if (core.memory.prepare(next.task, next.address, WORD_BYTES, ACCESS_WRITE) === WORD_BYTES) {
      kernel.storeWord(next.task, next.address, word);
    }
    handOver(core, key, waiting);
  }
}

/**
 * The caller's wait for a lock has ended. One that was handed the lock and did not live to answer
 * has it all the same: its end as a thread passes it on (leaveLocks, or its robust list).
 */
export function endLockWait(core: Core, caller: TaskId, callId: number): void {
  const { state } = core;
  const wait = state.lockWaits.get(caller);
  if (wait?.callId !== callId) return;
  state.lockWaits.delete(caller);
  const waiting = state.locks.get(wait.key);
  if (wait.taken || waiting === undefined) return;
  const index = waiting.waiters.findIndex(({ task }) => task === caller);
  if (index >= 0) waiting.waiters.splice(index, 1);
  if (waiting.waiters.length === 0) state.locks.delete(wait.key);
}
