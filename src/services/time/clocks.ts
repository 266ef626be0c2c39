/**
 * Clocks: what time each of Linux's clock ids shows, in whole nanoseconds of its own zero. Realtime
 * has its seconds apart: together they would exceed 2^53.
 */
import { EINVAL } from "../../abi/errno.js";
import * as abi from "../../abi/time.js";
import { ATTRIBUTE, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import { NANOSECONDS_PER_INSTRUCTION } from "../../kernel/time.js";

/** Resolution of the coarse clocks: Linux's tick at CONFIG_HZ=250. */
export const COARSE_NANOSECONDS = 4_000_000;
export const SECOND_NANOSECONDS = 1e9;
/** 'Z': the thread has ended. */
const LETTER_Z = 0x5a;

/** What a clock shows. */
export const CLOCK_KIND = Object.freeze({
  realtime: 0,
  monotonic: 1,
  process: 2,
  thread: 3,
} as const);

/** A clock id taken apart. */
export interface Clock {
  readonly kind: number;
  readonly coarse: boolean;
  /** Process or task of a CPU clock. */
  readonly target: TaskId;
}

const clock = (kind: number, coarse = false, target = 0): Clock => ({ kind, coarse, target });

/** @returns the clock of an id (clock_getres(2)), as the caller names it, or -EINVAL */
export function clockOf(kernel: KernelCalls, caller: TaskId, id: number): Clock | number {
  switch (id) {
    case abi.CLOCK_REALTIME:
    case abi.CLOCK_REALTIME_ALARM:
    case abi.CLOCK_TAI:
      return clock(CLOCK_KIND.realtime);
    case abi.CLOCK_REALTIME_COARSE:
      return clock(CLOCK_KIND.realtime, true);
    case abi.CLOCK_MONOTONIC:
    case abi.CLOCK_MONOTONIC_RAW:
    case abi.CLOCK_BOOTTIME:
    case abi.CLOCK_BOOTTIME_ALARM:
      return clock(CLOCK_KIND.monotonic);
    case abi.CLOCK_MONOTONIC_COARSE:
      return clock(CLOCK_KIND.monotonic, true);
    case abi.CLOCK_PROCESS_CPUTIME_ID:
      return clock(CLOCK_KIND.process, false, kernel.attribute(caller, ATTRIBUTE.process));
    case abi.CLOCK_THREAD_CPUTIME_ID:
      return clock(CLOCK_KIND.thread, false, caller);
    default:
      return id < 0 ? cpuClock(kernel, caller, id) : -EINVAL;
  }
}

/** Clocks that wake a suspended machine: as on a Linux without such hardware (no RTC), they have
 * numbers, and cannot be used. */
export const isAlarmClock = (id: number): boolean =>
  id === abi.CLOCK_REALTIME_ALARM || id === abi.CLOCK_BOOTTIME_ALARM;

/** Ids of clock_getcpuclockid and pthread_getcpuclockid: ~pid in the upper bits, bit 2 for a
 * thread, bits 0..1 which time: 0 and 2 all, 1 user (linux/posix-timers.h). */
function cpuClock(kernel: KernelCalls, caller: TaskId, id: number): Clock | number {
  if ((id & 3) === 3) return -EINVAL;
  const named = ~(id >> 3);
  const isThread = (id & 4) !== 0;
  const own = isThread ? caller : kernel.attribute(caller, ATTRIBUTE.process);
  const target = named === 0 ? own : named;
  if (kernel.exists(target) !== 1) return -EINVAL;
  const process = kernel.attribute(target, ATTRIBUTE.process);
  // A thread's clock is its own process's affair; a process is named by its leader.
  const foreign = isThread && process !== kernel.attribute(caller, ATTRIBUTE.process);
  if (foreign || (!isThread && process !== target)) return -EINVAL;
  return clock(isThread ? CLOCK_KIND.thread : CLOCK_KIND.process, false, target);
}

/** Nanoseconds of CPU time of a task; `userOnly` leaves the kernel's work out. */
export function taskNanoseconds(kernel: KernelCalls, task: TaskId, userOnly: boolean): number {
  const user = kernel.attribute(task, ATTRIBUTE.userInstructions);
  const system = userOnly ? 0 : kernel.attribute(task, ATTRIBUTE.kernelInstructions);
  return (user + system) * NANOSECONDS_PER_INSTRUCTION;
}

/** CPU time of a process: its threads, and those that have ended. */
export function processNanoseconds(
  kernel: KernelCalls,
  process: TaskId,
  userOnly: boolean,
): number {
  let ended = kernel.attribute(process, ATTRIBUTE.endedUserInstructions);
  if (!userOnly) ended += kernel.attribute(process, ATTRIBUTE.endedKernelInstructions);
  let total = ended * NANOSECONDS_PER_INSTRUCTION;
  for (let id = kernel.nextThread(process, 0); id > 0; id = kernel.nextThread(process, id)) {
    // A leader that has ended before its process is counted with the ended ones.
    if (kernel.attribute(id, ATTRIBUTE.stateCode) === LETTER_Z) continue;
    total += taskNanoseconds(kernel, id, userOnly);
  }
  return total;
}

/** What a clock other than realtime shows, in nanoseconds. */
export function clockNanoseconds(kernel: KernelCalls, which: Clock): number {
  if (which.kind === CLOCK_KIND.process) return processNanoseconds(kernel, which.target, false);
  if (which.kind === CLOCK_KIND.thread) return taskNanoseconds(kernel, which.target, false);
  const now = Math.floor(kernel.monotonicNanoseconds());
  return which.coarse ? now - (now % COARSE_NANOSECONDS) : now;
}
