/**
 * Signals, the mechanism: pending sets and masks of tasks and processes, and which signal is taken
 * next. Dispositions, default actions and permissions are the process service's.
 *
 * Standard signals (1..31) are pending at most once, real-time ones queue (POSIX 2.4.1).
 */
import { EAGAIN } from "../abi/errno.js";
import {
  SI_TIMER,
  SIGCONT,
  SIGKILL,
  SIGRTMIN,
  SIGSTOP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
} from "../abi/signal.js";
import type { PendingSet, PendingSignal, Process, Task } from "./tasks.js";

/** Real-time signals that may be queued per set (RLIMIT_SIGPENDING's default is of this order). */
export const QUEUED_SIGNALS_MAX = 4096;

/** The bit of `signal` (1–64) in the two words of a signal set, low and high. */
export const lowBit = (signal: number): number => (signal <= 32 ? 1 << (signal - 1) : 0);
export const highBit = (signal: number): number => (signal > 32 ? 1 << (signal - 33) : 0);

/** SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU. */
export function isStopSignal(signal: number): boolean {
  return signal === SIGSTOP || signal === SIGTSTP || signal === SIGTTIN || signal === SIGTTOU;
}

/** SIGKILL and SIGSTOP cannot be blocked: their bits in a mask's low word. */
export const UNBLOCKABLE_LOW = lowBit(SIGKILL) | lowBit(SIGSTOP);

/** Whether a signal is in the set. */
export function isPending(set: PendingSet, signal: number): boolean {
  return ((set.low & lowBit(signal)) | (set.high & highBit(signal))) !== 0;
}

/** @returns 0, or -EAGAIN: too many queued */
export function addPending(set: PendingSet, signal: PendingSignal): number {
  const isAlready = isPending(set, signal.signal);
  if (signal.code === SI_TIMER) {
    if (isAlready && countOverrun(set, signal)) return 0;
  } else if (signal.signal < SIGRTMIN && isAlready) return 0;
  // Whatever is queued, there is room for one of each standard signal: SIGKILL above all.
  const isQueued = signal.signal >= SIGRTMIN || signal.code === SI_TIMER;
  if (isQueued && set.queue.length >= QUEUED_SIGNALS_MAX) return -EAGAIN;
  set.low |= lowBit(signal.signal);
  set.high |= highBit(signal.signal);
  set.queue.push(signal);
  return 0;
}

/** Overruns are counted up to here (DELAYTIMER_MAX). */
const OVERRUN_MAX = 2 ** 31 - 1;

/**
 * A POSIX timer expires whose signal is still pending: that one's overrun (word1) grows, by the
 * expirations that this one stands for (POSIX timer_getoverrun). @returns false: none is pending
 */
function countOverrun(set: PendingSet, signal: PendingSignal): boolean {
  const index = set.queue.findIndex(
    ({ signal: number, code, word0 }) =>
      code === SI_TIMER && number === signal.signal && word0 === signal.word0,
  );
  const known = set.queue[index];
  if (known === undefined) return false;
  const word1 = Math.min(known.word1 + signal.word1 + 1, OVERRUN_MAX);
  set.queue[index] = { ...known, word1 };
  return true;
}

/** Drops the pending signal of a POSIX timer. */
export function dropTimer(set: PendingSet, timer: number): void {
  for (let i = set.queue.length - 1; i >= 0; i--) {
    const entry = set.queue[i] as PendingSignal;
    if (entry.code === SI_TIMER && entry.word0 === timer) removeAt(set, i);
  }
}

/** Drops all instances of a signal. */
export function dropPending(set: PendingSet, signal: number): void {
  set.low &= ~lowBit(signal);
  set.high &= ~highBit(signal);
  for (let i = set.queue.length - 1; i >= 0; i--) {
    if (set.queue[i]?.signal === signal) set.queue.splice(i, 1);
  }
}

/** The pending signals of the sets that the mask does not block, synchronous faults first. */
export function nextSignal(set: PendingSet, maskLow: number, maskHigh: number): number {
  const low = set.low & ~maskLow;
  if (low !== 0) {
    if (low & lowBit(SIGKILL)) return SIGKILL;
    return 32 - Math.clz32(low & -low);
  }
  const high = set.high & ~maskHigh;
  return high === 0 ? 0 : 64 - Math.clz32(high & -high);
}

/** Takes the oldest instance of a pending signal out of the set. */
export function removePending(set: PendingSet, signal: number): PendingSignal {
  const index = set.queue.findIndex((entry) => entry.signal === signal);
  const entry = set.queue[index];
  if (entry === undefined) throw new Error(`signal ${signal} is pending without information`);
  removeAt(set, index);
  return entry;
}

function removeAt(set: PendingSet, index: number): void {
  const [entry] = set.queue.splice(index, 1);
  if (entry === undefined || set.queue.some(({ signal }) => signal === entry.signal)) return;
  set.low &= ~lowBit(entry.signal);
  set.high &= ~highBit(entry.signal);
}

/** Whether the task has a signal to take now: not one that its call waits for (sigtimedwait). */
export function isDeliverable(task: Task, process: Process): boolean {
  const low = task.maskLow | task.call.awaitedLow;
  const high = task.maskHigh | task.call.awaitedHigh;
  return (
    ((task.pending.low | process.pending.low) & ~low) !== 0 ||
    ((task.pending.high | process.pending.high) & ~high) !== 0
  );
}

/** Effects of a signal's generation on others that are pending: stop and continue cancel each other
 * (POSIX 2.4.1). */
export function cancelOpposites(process: Process, tasks: readonly Task[], signal: number): void {
  const opposites =
    signal === SIGCONT
      ? [SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU]
      : isStopSignal(signal)
        ? [SIGCONT]
        : [];
  for (const opposite of opposites) {
    dropPending(process.pending, opposite);
    for (const task of tasks) dropPending(task.pending, opposite);
  }
}
