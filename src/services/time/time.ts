/**
 * The time service: clocks, sleeping, interval timers. Layers: this file is the protocol's surface;
 * clocks, intervals and structures are below it.
 */
import { EFAULT, EINVAL, EOPNOTSUPP, EPERM } from "../../abi/errno.js";
import * as abi from "../../abi/time.js";
import {
  ATTRIBUTE,
  type Channel,
  EVENT_TIMER,
  type KernelCalls,
  type TaskId,
} from "../../kernel/calls.js";
import { BLOCKED, type Result } from "../../kernel/protocol.js";
import { describeClock, refuseAdjustment } from "./adjustment.js";
import {
  CLOCK_KIND,
  type Clock,
  COARSE_NANOSECONDS,
  clockNanoseconds,
  clockOf,
  isAlarmClock,
  SECOND_NANOSECONDS,
} from "./clocks.js";
import { type Interval, Intervals, isKind } from "./intervals.js";
import { ITIMERSPEC_BYTES, ITIMERVAL_BYTES, TIMESPEC_BYTES, type TimeService } from "./protocol.js";
import { readDuration, readInt64, writeDuration, writeInt64 } from "./structures.js";
import {
  type Notification,
  PosixTimers,
  type PosixTimersState,
  readNotification,
} from "./timers.js";

export interface TimeState {
  /** Where sleeping calls wait; only setting realtime wakes it. 0: not yet made. */
  channel: Channel;
  intervals: Map<number, Interval>;
  readonly posix: PosixTimersState;
}

/** Slots of a sleeping call. */
const SLOT_ASLEEP = 0;
/** Target on the clock: whole seconds and nanoseconds. */
const SLOT_SECONDS = 1;
const SLOT_NANOSECONDS = 2;
/** Where the rest goes when a signal ends a relative sleep; 0: nowhere. */
const SLOT_REST = 3;

/** Clocks, sleeping, interval timers. */
export class TimeKeeper implements TimeService {
  readonly state: TimeState = {
    channel: 0,
    intervals: new Map(),
    posix: { nextKey: 1, processes: new Map(), timers: new Map() },
  };
  private readonly intervals: Intervals;
  private readonly timers: PosixTimers;
  private readonly view = new DataView(new ArrayBuffer(ITIMERVAL_BYTES));
  private readonly bytes = new Uint8Array(this.view.buffer);

  constructor(private readonly kernel: KernelCalls) {
    this.intervals = new Intervals(kernel, this.state.intervals);
    this.timers = new PosixTimers(kernel, this.state.posix);
  }

  event(_caller: TaskId, kind: number, word0: number, _word1: number, _word2: number): Result {
    if (kind !== EVENT_TIMER) return 0;
    if (word0 < 0) this.timers.expire(-word0);
    else this.intervals.expire(word0);
    return 0;
  }

  // ---- clocks

  read(caller: TaskId, id: number, timespec: number): Result {
    const clock = clockOf(this.kernel, caller, id);
    if (typeof clock === "number") return clock;
    if (isAlarmClock(id)) return -EINVAL;
    if (timespec === 0) return -EFAULT;
    if (clock.kind === CLOCK_KIND.realtime) {
      const nanoseconds = Math.floor(this.kernel.realtimeNanoseconds());
      const part = clock.coarse ? nanoseconds % COARSE_NANOSECONDS : 0;
      writeInt64(this.view, 0, this.kernel.realtimeSeconds());
      writeInt64(this.view, 8, nanoseconds - part);
    } else {
      const now = clockNanoseconds(this.kernel, clock);
      writeDuration(this.view, 0, now, SECOND_NANOSECONDS);
    }
    return this.kernel.copyOut(caller, timespec, this.bytes, 0, TIMESPEC_BYTES);
  }

  /** clock_settime(2). The clock is the host's: no program may set it, not even root, as in a user
   * namespace of Linux; the kernel itself (task 0) may. */
  set(caller: TaskId, id: number, timespec: number): Result {
    const clock = clockOf(this.kernel, caller, id);
    if (typeof clock === "number") return clock;
    const isCpuClock = id < 0;
    if (id !== abi.CLOCK_REALTIME && !isCpuClock) return -EINVAL;
    if (timespec === 0 || this.load(caller, timespec, TIMESPEC_BYTES) < 0) return -EFAULT;
    const seconds = readInt64(this.view, 0);
    const nanoseconds = readInt64(this.view, 8);
    if (isCpuClock) return -EPERM;
    if (seconds < 0 || nanoseconds < 0 || nanoseconds >= 1e9) return -EINVAL;
    if (caller !== 0) return -EPERM;
    this.kernel.setRealtime(seconds, nanoseconds);
    // Absolute sleeps on realtime have another deadline now (POSIX clock_settime).
    if (this.state.channel !== 0) this.kernel.wake(this.state.channel, Number.MAX_SAFE_INTEGER);
    return 0;
  }

  resolution(caller: TaskId, id: number, timespec: number): Result {
    const clock = clockOf(this.kernel, caller, id);
    if (typeof clock === "number") return clock;
    if (isAlarmClock(id)) return -EINVAL;
    if (timespec === 0) return 0;
    writeDuration(this.view, 0, clock.coarse ? COARSE_NANOSECONDS : 1, SECOND_NANOSECONDS);
    return this.kernel.copyOut(caller, timespec, this.bytes, 0, TIMESPEC_BYTES);
  }

  timeOfDay(caller: TaskId, timeval: number, zone: number): Result {
    if (timeval !== 0) {
      writeInt64(this.view, 0, this.kernel.realtimeSeconds());
      writeInt64(this.view, 8, Math.floor(this.kernel.realtimeNanoseconds() / 1000));
      const result = this.kernel.copyOut(caller, timeval, this.bytes, 0, TIMESPEC_BYTES);
      if (result < 0) return result;
    }
    return zone === 0 ? 0 : this.kernel.clearOut(caller, zone, 8);
  }

  setTimeOfDay(caller: TaskId, timeval: number, zone: number): Result {
    if (timeval !== 0) {
      if (this.load(caller, timeval, TIMESPEC_BYTES) < 0) return -EFAULT;
      const seconds = readInt64(this.view, 0);
      const microseconds = readInt64(this.view, 8);
      if (seconds < 0 || microseconds < 0 || microseconds >= 1e6) return -EINVAL;
    }
    if (zone !== 0 && this.load(caller, zone, 8) < 0) return -EFAULT;
    return -EPERM;
  }

  /** clock_adjtime(2): a clock that nobody disciplines, as Linux's before the first adjustment. */
  adjust(caller: TaskId, id: number, timex: number): Result {
    const clock = clockOf(this.kernel, caller, id);
    if (typeof clock === "number") return clock;
    if (id !== abi.CLOCK_REALTIME) return -EOPNOTSUPP;
    const bytes = new Uint8Array(abi.TIMEX_BYTES);
    const view = new DataView(bytes.buffer);
    if (timex === 0) return -EFAULT;
    const failed = this.kernel.copyIn(caller, timex, bytes, 0, abi.TIMEX_BYTES);
    if (failed < 0) return failed;
    const refused = refuseAdjustment(view.getUint32(0, true));
    if (refused < 0) return refused;
    describeClock(view, this.kernel.realtimeSeconds(), this.kernel.realtimeNanoseconds());
    const stored = this.kernel.copyOut(caller, timex, bytes, 0, abi.TIMEX_BYTES);
    return stored < 0 ? stored : abi.TIME_ERROR;
  }

  // ---- sleeping

  /** clock_nanosleep(2) */
  sleep(caller: TaskId, id: number, flags: number, request: number, rest: number): Result {
    if (this.kernel.slot(caller, SLOT_ASLEEP) === 0) {
      const result = this.beginSleep(caller, id, flags, request, rest);
      if (result !== BLOCKED) return result;
    }
    const clock = clockOf(this.kernel, caller, id);
    if (typeof clock === "number") return clock;
    const left = this.leftNanoseconds(caller, clock);
    if (left <= 0 && !this.kernel.forced(caller)) return 0;
    this.kernel.setDeadline(caller, this.kernel.monotonicNanoseconds() + left);
    if (this.state.channel === 0) this.state.channel = this.kernel.newChannel();
    return this.kernel.block(caller, this.state.channel);
  }

  /** Checks the request and fixes the time of waking. @returns an error, or BLOCKED: sleep now */
  private beginSleep(
    caller: TaskId,
    id: number,
    flags: number,
    request: number,
    rest: number,
  ): Result {
    const clock = clockOf(this.kernel, caller, id);
    if (typeof clock === "number") return clock;
    if (clock.coarse || id === abi.CLOCK_MONOTONIC_RAW) return -EOPNOTSUPP;
    if (isAlarmClock(id)) return -EOPNOTSUPP;
    if (clock.kind === CLOCK_KIND.thread) return id < 0 ? -EINVAL : -EOPNOTSUPP;
    if (request === 0 || this.load(caller, request, TIMESPEC_BYTES) < 0) return -EFAULT;
    const seconds = readInt64(this.view, 0);
    const nanoseconds = readInt64(this.view, 8);
    if (seconds < 0 || nanoseconds < 0 || nanoseconds >= 1e9) return -EINVAL;
    const absolute = (flags & abi.TIMER_ABSTIME) !== 0;
    if (absolute) this.setTarget(caller, 0, 0, seconds, nanoseconds);
    else if (clock.kind === CLOCK_KIND.process) {
      this.setTarget(caller, 0, clockNanoseconds(this.kernel, clock), seconds, nanoseconds);
    } else {
      // A relative sleep is not moved by setting realtime: it is counted on the monotonic clock.
      this.setTarget(caller, 0, this.kernel.monotonicNanoseconds(), seconds, nanoseconds);
    }
    this.kernel.setSlot(caller, SLOT_REST, absolute ? 0 : rest);
    this.kernel.setSlot(caller, SLOT_ASLEEP, absolute ? 2 : 1);
    if (!absolute && rest !== 0) this.kernel.participate(caller);
    return BLOCKED;
  }

  private setTarget(
    caller: TaskId,
    seconds: number,
    nanoseconds: number,
    moreSeconds: number,
    moreNanoseconds: number,
  ): void {
    const parts = nanoseconds + moreNanoseconds;
    const whole = Math.floor(parts / 1e9);
    this.kernel.setSlot(caller, SLOT_SECONDS, seconds + moreSeconds + whole);
    this.kernel.setSlot(caller, SLOT_NANOSECONDS, parts - whole * 1e9);
  }

  /** How long the caller still has to sleep. */
  private leftNanoseconds(caller: TaskId, clock: Clock): number {
    const seconds = this.kernel.slot(caller, SLOT_SECONDS);
    const nanoseconds = this.kernel.slot(caller, SLOT_NANOSECONDS);
    if (clock.kind === CLOCK_KIND.realtime && this.kernel.slot(caller, SLOT_ASLEEP) === 2) {
      const ahead = seconds - this.kernel.realtimeSeconds();
      return ahead * 1e9 + nanoseconds - this.kernel.realtimeNanoseconds();
    }
    const now =
      clock.kind === CLOCK_KIND.process
        ? clockNanoseconds(this.kernel, clock)
        : this.kernel.monotonicNanoseconds();
    return Math.min(seconds * 1e9 + nanoseconds - now, abi.KTIME_MAX_NANOSECONDS);
  }

  commit(_caller: TaskId, _callId: number): Result {
    return 0;
  }

  /** A signal ended a relative sleep: the rest goes to the program (nanosleep(2)). The call's
   * ranges are gone with its message, so that the words are stored one by one; a bad address is
   * ignored. */
  abort(caller: TaskId, _callId: number): Result {
    const rest = this.kernel.slot(caller, SLOT_REST);
    if (this.kernel.slot(caller, SLOT_ASLEEP) !== 1 || rest === 0) return 0;
    const left = Math.max(this.kernel.deadline(caller) - this.kernel.monotonicNanoseconds(), 0);
    writeDuration(this.view, 0, left, SECOND_NANOSECONDS);
    for (let offset = 0; offset < TIMESPEC_BYTES; offset += 4) {
      const word = this.view.getInt32(offset, true);
      if (this.kernel.storeWord(caller, rest + offset, word) < 0) return 0;
    }
    return 0;
  }

  // ---- interval timers

  setInterval(caller: TaskId, which: number, value: number, old: number): Result {
    if (!isKind(which)) return -EINVAL;
    let nanoseconds = 0;
    let period = 0;
    if (value !== 0) {
      if (this.load(caller, value, ITIMERVAL_BYTES) < 0) return -EFAULT;
      period = readDuration(this.view, 0, 1e6);
      nanoseconds = readDuration(this.view, 16, 1e6);
      if (period < 0 || nanoseconds < 0) return -EINVAL;
    }
    if (old !== 0) {
      const result = this.getInterval(caller, which, old);
      if (result < 0) return result;
    }
    const process = this.kernel.attribute(caller, ATTRIBUTE.process);
    return this.intervals.set(process, which, nanoseconds, period);
  }

  getInterval(caller: TaskId, which: number, value: number): Result {
    if (!isKind(which)) return -EINVAL;
    if (value === 0) return -EFAULT;
    const process = this.kernel.attribute(caller, ATTRIBUTE.process);
    writeDuration(this.view, 0, this.intervals.period(process, which), 1e6);
    writeDuration(this.view, 16, this.intervals.remaining(process, which), 1e6);
    return this.kernel.copyOut(caller, value, this.bytes, 0, ITIMERVAL_BYTES);
  }

  // ---- POSIX timers

  createTimer(caller: TaskId, id: number, sigevent: number, idAddress: number): Result {
    const clock = this.timers.clockFor(caller, id);
    if (typeof clock === "number") return clock;
    let notification: Notification | undefined;
    if (sigevent !== 0) {
      const bytes = new Uint8Array(abi.SIGEVENT_BYTES);
      const failed = this.kernel.copyIn(caller, sigevent, bytes, 0, abi.SIGEVENT_BYTES);
      if (failed < 0) return failed;
      notification = readNotification(new DataView(bytes.buffer));
    }
    const refused = this.timers.check(caller, notification);
    if (refused < 0) return refused;
    if (idAddress === 0) return -EFAULT;
    this.view.setInt32(0, this.timers.nextId(caller), true);
    const failed = this.kernel.copyOut(caller, idAddress, this.bytes, 0, 4);
    if (failed < 0) return failed;
    this.timers.create(caller, clock, notification);
    return 0;
  }

  setTimer(caller: TaskId, id: number, flags: number, value: number, old: number): Result {
    const timer = this.timers.find(caller, id);
    if (this.load(caller, value, ITIMERSPEC_BYTES) < 0) return -EFAULT;
    const interval = readDuration(this.view, 0, SECOND_NANOSECONDS);
    const first = readDuration(this.view, 16, SECOND_NANOSECONDS);
    if (interval < 0 || first < 0 || timer === undefined) return -EINVAL;
    const seconds = readInt64(this.view, 16);
    const nanoseconds = readInt64(this.view, 24);
    const stored = old === 0 ? 0 : this.getTimer(caller, id, old);
    if (stored < 0) return stored;
    const isAbsolute = (flags & abi.TIMER_ABSTIME) !== 0;
    const due =
      first === 0
        ? Number.POSITIVE_INFINITY
        : this.timers.dueTime(timer, seconds, nanoseconds, isAbsolute);
    this.timers.set(caller, timer, due, interval);
    return 0;
  }

  getTimer(caller: TaskId, id: number, value: number): Result {
    const timer = this.timers.find(caller, id);
    if (timer === undefined) return -EINVAL;
    if (value === 0) return -EFAULT;
    writeDuration(this.view, 0, timer.intervalNanoseconds, SECOND_NANOSECONDS);
    writeDuration(this.view, 16, this.timers.remaining(timer), SECOND_NANOSECONDS);
    return this.kernel.copyOut(caller, value, this.bytes, 0, ITIMERSPEC_BYTES);
  }

  timerOverrun(caller: TaskId, id: number): Result {
    const timer = this.timers.find(caller, id);
    return timer === undefined ? -EINVAL : this.kernel.timerOverrun(timer.process, id);
  }

  deleteTimer(caller: TaskId, id: number): Result {
    const timer = this.timers.find(caller, id);
    if (timer === undefined) return -EINVAL;
    this.timers.delete(caller, timer);
    return 0;
  }

  executed(caller: TaskId): Result {
    this.timers.dropAll(caller);
    return 0;
  }

  leave(caller: TaskId): Result {
    this.timers.dropAll(caller);
    this.intervals.dropAll(this.kernel.attribute(caller, ATTRIBUTE.process));
    return 0;
  }

  private load(caller: TaskId, address: number, lengthBytes: number): Result {
    return this.kernel.copyIn(caller, address, this.bytes, 0, lengthBytes);
  }
}
