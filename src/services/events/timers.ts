/**
 * timerfd_create(2): timers whose expirations are read. Every clock here runs with the monotonic
 * one, so that a due time is kept on that. Expirations are counted when somebody looks: the
 * kernel's timer only wakes those who wait, once until the next read (as Linux's does).
 */
import { EAGAIN, EINVAL, EPERM } from "../../abi/errno.js";
import { TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET } from "../../abi/events.js";
import { getInteger64, O_NONBLOCK, setInteger64 } from "../../abi/file.js";
import { POLLIN, POLLRDNORM } from "../../abi/poll.js";
import * as abi from "../../abi/time.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { EVENT_KIND, ITIMERSPEC_BYTES } from "./protocol.js";
import { ALL, addHandle, type Core, type FileTimer, objectOf } from "./state.js";

const TICKS_BYTES = 8;
const SECOND_NANOSECONDS = 1e9;
const NANOSECONDS_MAX = SECOND_NANOSECONDS - 1;
const NEVER = Number.POSITIVE_INFINITY;

/** timerfd_create(2). */
export function createTimer(core: Core, caller: TaskId, clock: number): Result {
  switch (clock) {
    case abi.CLOCK_REALTIME:
    case abi.CLOCK_MONOTONIC:
    case abi.CLOCK_BOOTTIME:
      break;
    case abi.CLOCK_REALTIME_ALARM:
    case abi.CLOCK_BOOTTIME_ALARM:
      // CAP_WAKE_ALARM
      if (core.kernel.attribute(caller, ATTRIBUTE.effectiveUserId) !== 0) return -EPERM;
      break;
    default:
      return -EINVAL;
  }
  return addHandle(core.state, core.state.timers, EVENT_KIND.timer, {
    clock,
    dueNanoseconds: NEVER,
    intervalNanoseconds: 0,
    timer: 0,
    flags: 0,
    ticks: 0,
    channel: core.kernel.newChannel(),
  });
}

/** Counts what has expired since the last look. */
function advance(core: Core, timer: FileTimer): void {
  const late = core.kernel.monotonicNanoseconds() - timer.dueNanoseconds;
  if (late < 0) return;
  const { intervalNanoseconds: interval } = timer;
  const periods = interval === 0 ? 1 : Math.floor(late / interval) + 1;
  timer.ticks += periods;
  timer.dueNanoseconds = interval === 0 ? NEVER : timer.dueNanoseconds + periods * interval;
}

/** Sets the kernel's timer, unless there is an expiration to be read already. */
function arm(core: Core, timer: FileTimer, token: number): void {
  disarm(core, timer);
  if (timer.dueNanoseconds === NEVER || timer.ticks > 0) return;
  timer.timer = core.kernel.setTimer(timer.dueNanoseconds, token);
}

/** Takes the kernel's timer back. */
export function disarm(core: Core, timer: FileTimer): void {
  if (timer.timer !== 0) core.kernel.cancelTimer(timer.timer);
  timer.timer = 0;
}

/** The kernel's timer went off. @param token of setTimer: the number in the handle */
export function expire(core: Core, token: number): void {
  const timer = core.state.timers.get(token);
  if (timer === undefined) return;
  advance(core, timer);
  timer.timer = 0;
  if (timer.ticks > 0) core.kernel.wake(timer.channel, ALL);
  else arm(core, timer, token);
}

/** A timespec in nanoseconds; beyond 104 days it is rounded. @returns it, or -EINVAL */
function durationAt(view: DataView, offset: number): number {
  const seconds = getInteger64(view, offset);
  const nanoseconds = getInteger64(view, offset + 8);
  if (seconds < 0 || nanoseconds < 0 || nanoseconds >= SECOND_NANOSECONDS) return -EINVAL;
  return Math.min(seconds * SECOND_NANOSECONDS + nanoseconds, abi.KTIME_MAX_NANOSECONDS);
}

/** The monotonic time of a first expiration given in an itimerspec. */
function dueTime(core: Core, timer: FileTimer, view: DataView, isAbsolute: boolean): number {
  const { kernel } = core;
  const now = kernel.monotonicNanoseconds();
  const value = durationAt(view, 16);
  if (!isAbsolute) return now + value;
  const isRealtime = timer.clock === abi.CLOCK_REALTIME || timer.clock === abi.CLOCK_REALTIME_ALARM;
  if (!isRealtime) return value;
  // Seconds and nanoseconds apart: together they are beyond 2^53 in the year 2255.
  const seconds = getInteger64(view, 16) - kernel.realtimeSeconds();
  const nanoseconds = getInteger64(view, 24) - kernel.realtimeNanoseconds();
  return now + Math.min(seconds * SECOND_NANOSECONDS + nanoseconds, abi.KTIME_MAX_NANOSECONDS);
}

/** timerfd_settime(2). */
export function setTimer(
  core: Core,
  caller: TaskId,
  handle: number,
  flags: number,
  value: number,
  old: number,
): Result {
  if ((flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) !== 0) return -EINVAL;
  const bytes = new Uint8Array(ITIMERSPEC_BYTES);
  const view = new DataView(bytes.buffer);
  const failed = core.kernel.copyIn(caller, value, bytes, 0, ITIMERSPEC_BYTES);
  if (failed < 0) return failed;
  const interval = durationAt(view, 0);
  const first = durationAt(view, 16);
  if (interval < 0 || first < 0) return -EINVAL;
  const timer = objectOf(core.state.timers, handle);
  const unseen = old === 0 ? 0 : getTimer(core, caller, handle, old);
  if (unseen < 0) return unseen;
  timer.ticks = 0;
  timer.flags = flags;
  timer.intervalNanoseconds = interval;
  const isAbsolute = (flags & TFD_TIMER_ABSTIME) !== 0;
  timer.dueNanoseconds = first === 0 ? NEVER : dueTime(core, timer, view, isAbsolute);
  arm(core, timer, Math.floor(handle / 8));
  return 0;
}

/** @returns nanoseconds until the timer expires next: ≥ 1 while it is armed, 0: it is not */
export function remaining(core: Core, timer: FileTimer): number {
  if (timer.dueNanoseconds === NEVER) return 0;
  return Math.max(1, Math.ceil(timer.dueNanoseconds - core.kernel.monotonicNanoseconds()));
}

/** timerfd_gettime(2): the time left, and the interval. */
export function getTimer(core: Core, caller: TaskId, handle: number, value: number): Result {
  const timer = objectOf(core.state.timers, handle);
  advance(core, timer);
  const bytes = new Uint8Array(ITIMERSPEC_BYTES);
  const view = new DataView(bytes.buffer);
  const left = remaining(core, timer);
  for (const [offset, duration] of [
    [0, timer.intervalNanoseconds],
    [16, left],
  ] as const) {
    const seconds = Math.floor(duration / SECOND_NANOSECONDS);
    setInteger64(view, offset, seconds);
    const rest = Math.min(Math.max(duration - seconds * SECOND_NANOSECONDS, 0), NANOSECONDS_MAX);
    setInteger64(view, offset + 8, rest);
  }
  return core.kernel.copyOut(caller, value, bytes, 0, ITIMERSPEC_BYTES);
}

/** read(2): expirations since the last read. @returns 8, -EAGAIN, -EINVAL or BLOCKED */
export function readTimer(
  core: Core,
  caller: TaskId,
  handle: number,
  buffer: number,
  lengthBytes: number,
  flags: number,
): Result {
  const { kernel } = core;
  const timer = objectOf(core.state.timers, handle);
  if (lengthBytes < TICKS_BYTES) return -EINVAL;
  advance(core, timer);
  if ((flags & O_NONBLOCK) === 0) {
    if (timer.ticks === 0 || kernel.forced(caller)) return kernel.block(caller, timer.channel);
  } else if (timer.ticks === 0) return -EAGAIN;
  const bytes = new Uint8Array(TICKS_BYTES);
  setInteger64(new DataView(bytes.buffer), 0, timer.ticks);
  const failed = kernel.copyOut(caller, buffer, bytes, 0, TICKS_BYTES);
  if (failed < 0) return failed;
  timer.ticks = 0;
  arm(core, timer, Math.floor(handle / 8));
  return TICKS_BYTES;
}

/** poll(2). */
export function pollTimer(
  core: Core,
  caller: TaskId,
  handle: number,
  events: number,
  register: number,
): Result {
  const timer = objectOf(core.state.timers, handle);
  advance(core, timer);
  if (register === 1) core.kernel.block(caller, timer.channel);
  return timer.ticks > 0 ? events & (POLLIN | POLLRDNORM) : 0;
}
