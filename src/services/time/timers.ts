/**
 * POSIX timers (timer_create(2)): any number per process, on any clock that can be waited for. A
 * signal that is still pending when its timer expires again is not sent a second time: it counts
 * the overrun (the kernel knows what is pending). CPU clocks have no timer of the kernel: one is
 * set for the earliest time at which they can be due, and then looks again (intervals.ts).
 */
import { EAGAIN, EINVAL, EOPNOTSUPP } from "../../abi/errno.js";
import { SI_TIMER, SIGALRM, SIGNALS_MAX } from "../../abi/signal.js";
import * as abi from "../../abi/time.js";
import {
  ATTRIBUTE,
  type KernelCalls,
  SIGNAL_TO_PROCESS,
  SIGNAL_TO_TASK,
  type TaskId,
} from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { CLOCK_KIND, type Clock, clockNanoseconds, clockOf, isAlarmClock } from "./clocks.js";
import { readInt64 } from "./structures.js";

/** How often a timer is looked at when it expires faster, or counts CPU time. */
const POLL_NANOSECONDS_MIN = 100_000;
const NEVER = Number.POSITIVE_INFINITY;
/** What a timer takes of the host's memory. */
const TIMER_BYTES = 384;
/** timer_getoverrun's limit (DELAYTIMER_MAX). */
const OVERRUN_MAX = 2 ** 31 - 1;
const RLIMIT_SIGPENDING = 11;

export interface PosixTimer {
  readonly id: number;
  /** The job that is charged for it. */
  readonly job: number;
  readonly process: TaskId;
  readonly clock: Clock;
  /** SIGEV_*. */
  readonly notify: number;
  readonly signal: number;
  /** Of SIGEV_THREAD_ID; else 0. */
  readonly thread: TaskId;
  /** sigev_value, signed. */
  readonly value: number;
  /** On the timer's own clock, realtime as monotonic; Infinity: not armed. */
  dueNanoseconds: number;
  intervalNanoseconds: number;
  /** The kernel's timer; 0: none. */
  timer: number;
}

export interface ProcessTimers {
  nextId: number;
  /** Keys in PosixTimersState.timers, by id. */
  readonly keys: Map<number, number>;
}

export interface PosixTimersState {
  nextKey: number;
  readonly processes: Map<TaskId, ProcessTimers>;
  readonly timers: Map<number, PosixTimer>;
}

/** How a timer is to tell of its expiration: struct sigevent. */
export interface Notification {
  readonly notify: number;
  readonly signal: number;
  readonly thread: TaskId;
  readonly value: number;
}

/** @returns the notification of a struct sigevent in bytes */
export function readNotification(view: DataView): Notification {
  return {
    value: readInt64(view, 0),
    signal: view.getInt32(8, true),
    notify: view.getInt32(12, true),
    thread: view.getInt32(16, true),
  };
}

export class PosixTimers {
  constructor(
    private readonly kernel: KernelCalls,
    private readonly state: PosixTimersState,
  ) {}

  private own(caller: TaskId): ProcessTimers {
    const process = this.kernel.attribute(caller, ATTRIBUTE.process);
    let timers = this.state.processes.get(process);
    if (timers === undefined) {
      timers = { nextId: 0, keys: new Map() };
      this.state.processes.set(process, timers);
    }
    return timers;
  }

  /** @returns the caller's timer, or undefined */
  find(caller: TaskId, id: number): PosixTimer | undefined {
    const process = this.kernel.attribute(caller, ATTRIBUTE.process);
    const key = this.state.processes.get(process)?.keys.get(id);
    return key === undefined ? undefined : this.state.timers.get(key);
  }

  /** @returns the clock of timers with this id, -EINVAL, or -EOPNOTSUPP: it cannot be waited for */
  clockFor(caller: TaskId, id: number): Clock | number {
    const clock = clockOf(this.kernel, caller, id);
    if (typeof clock === "number") return clock;
    if (clock.coarse || id === abi.CLOCK_MONOTONIC_RAW) return -EOPNOTSUPP;
    return isAlarmClock(id) ? -EOPNOTSUPP : clock;
  }

  /** Checks what timer_create(2) is given. @returns 0, -EINVAL or -EAGAIN */
  check(caller: TaskId, notification: Notification | undefined): Result {
    const { kernel } = this;
    const limit = kernel.attribute(caller, ATTRIBUTE.limits + RLIMIT_SIGPENDING);
    if (this.own(caller).keys.size >= limit) return -EAGAIN;
    if (kernel.mayHold(kernel.attribute(caller, ATTRIBUTE.job), TIMER_BYTES, 0) < 0) return -EAGAIN;
    if (notification === undefined) return 0;
    const { notify, signal, thread } = notification;
    if (notify === abi.SIGEV_NONE) return 0;
    if (notify === abi.SIGEV_THREAD_ID) {
      const process = kernel.attribute(caller, ATTRIBUTE.process);
      const isOwn = kernel.exists(thread) === 1;
      if (!isOwn || kernel.attribute(thread, ATTRIBUTE.process) !== process) return -EINVAL;
    } else if (notify !== abi.SIGEV_SIGNAL && notify !== abi.SIGEV_THREAD) return -EINVAL;
    return signal > 0 && signal <= SIGNALS_MAX ? 0 : -EINVAL;
  }

  /** The id that the next timer gets. */
  nextId(caller: TaskId): number {
    return this.own(caller).nextId;
  }

  /** A new timer, not armed; no notification: SIGALRM with the id as value. */
  create(caller: TaskId, clock: Clock, notification: Notification | undefined): void {
    const own = this.own(caller);
    const id = own.nextId;
    own.nextId = id === OVERRUN_MAX ? 0 : id + 1;
    const key = this.state.nextKey++;
    const job = this.kernel.attribute(caller, ATTRIBUTE.job);
    this.kernel.hold(job, TIMER_BYTES, 0);
    own.keys.set(id, key);
    const { notify, signal, thread, value } = notification ?? {
      notify: abi.SIGEV_SIGNAL,
      signal: SIGALRM,
      thread: 0,
      value: id,
    };
    this.state.timers.set(key, {
      id,
      job,
      process: this.kernel.attribute(caller, ATTRIBUTE.process),
      clock,
      notify,
      signal,
      thread: notify === abi.SIGEV_THREAD_ID ? thread : 0,
      value,
      dueNanoseconds: NEVER,
      intervalNanoseconds: 0,
      timer: 0,
    });
  }

  private isCpuClock({ clock }: PosixTimer): boolean {
    return clock.kind === CLOCK_KIND.process || clock.kind === CLOCK_KIND.thread;
  }

  private now(timer: PosixTimer): number {
    if (this.isCpuClock(timer)) return clockNanoseconds(this.kernel, timer.clock);
    return this.kernel.monotonicNanoseconds();
  }

  /** Arms (due < Infinity) or disarms a timer; a signal of before is not sent any more. */
  set(caller: TaskId, timer: PosixTimer, dueNanoseconds: number, interval: number): void {
    this.disarm(timer);
    this.kernel.discardTimer(timer.process, timer.id);
    timer.intervalNanoseconds = interval;
    timer.dueNanoseconds = dueNanoseconds;
    const key = this.own(caller).keys.get(timer.id) as number;
    if (this.now(timer) >= dueNanoseconds) this.expire(key);
    else this.arm(key, timer);
  }

  /** The due time of `seconds` and `nanoseconds` on the timer's clock, from now or absolute. */
  dueTime(timer: PosixTimer, seconds: number, nanoseconds: number, isAbsolute: boolean): number {
    const { kernel } = this;
    const given = Math.min(seconds * 1e9 + nanoseconds, abi.KTIME_MAX_NANOSECONDS);
    if (!isAbsolute) return this.now(timer) + given;
    if (timer.clock.kind !== CLOCK_KIND.realtime) return given;
    const ahead = (seconds - kernel.realtimeSeconds()) * 1e9;
    const left = ahead + nanoseconds - kernel.realtimeNanoseconds();
    return kernel.monotonicNanoseconds() + Math.min(left, abi.KTIME_MAX_NANOSECONDS);
  }

  /** @returns nanoseconds until the timer is due: ≥ 1 while it is armed, 0: it is not */
  remaining(timer: PosixTimer): number {
    const late = this.now(timer) - timer.dueNanoseconds;
    if (timer.dueNanoseconds === NEVER) return 0;
    const { intervalNanoseconds: interval } = timer;
    if (late < 0) return Math.max(1, Math.ceil(-late));
    if (interval > 0) return Math.max(1, Math.ceil(interval - (late % interval)));
    return timer.notify === abi.SIGEV_NONE ? 0 : 1;
  }

  private arm(key: number, timer: PosixTimer): void {
    if (timer.dueNanoseconds === NEVER || timer.notify === abi.SIGEV_NONE) return;
    const left = timer.dueNanoseconds - this.now(timer);
    const isExact = !this.isCpuClock(timer) && left >= POLL_NANOSECONDS_MIN;
    const at = isExact
      ? timer.dueNanoseconds
      : this.kernel.monotonicNanoseconds() + Math.max(left, this.pauseOf(timer));
    // Tokens below 0: those of interval timers are above (intervals.ts).
    timer.timer = this.kernel.setTimer(at, -key);
  }

  /** A first expiration is not put off; later ones not more often than this. */
  private pauseOf(timer: PosixTimer): number {
    return this.isCpuClock(timer) || timer.intervalNanoseconds > 0 ? POLL_NANOSECONDS_MIN : 0;
  }

  private disarm(timer: PosixTimer): void {
    if (timer.timer !== 0) this.kernel.cancelTimer(timer.timer);
    timer.timer = 0;
  }

  /** The kernel's timer of a key went off, or an event of a cancelled one comes late. */
  expire(key: number): void {
    const timer = this.state.timers.get(key);
    if (timer === undefined) return;
    this.disarm(timer);
    const late = this.now(timer) - timer.dueNanoseconds;
    if (late >= 0) {
      const { intervalNanoseconds: interval } = timer;
      const periods = interval > 0 ? Math.floor(late / interval) + 1 : 1;
      timer.dueNanoseconds = interval > 0 ? timer.dueNanoseconds + periods * interval : NEVER;
      this.tell(timer, Math.min(periods - 1, OVERRUN_MAX));
    }
    this.arm(key, timer);
  }

  private tell(timer: PosixTimer, missed: number): void {
    if (timer.notify === abi.SIGEV_NONE) return;
    const isThread = timer.thread !== 0;
    if (isThread && this.kernel.exists(timer.thread) !== 1) return;
    const target = isThread ? SIGNAL_TO_TASK : SIGNAL_TO_PROCESS;
    const to = isThread ? timer.thread : timer.process;
    const { signal, id, value } = timer;
    this.kernel.postSignal(target, to, signal, SI_TIMER, id, missed, value);
  }

  private forget(key: number, { job }: PosixTimer): void {
    this.state.timers.delete(key);
    this.kernel.hold(job, -TIMER_BYTES, 0);
  }

  delete(caller: TaskId, timer: PosixTimer): void {
    const own = this.own(caller);
    this.disarm(timer);
    this.kernel.discardTimer(timer.process, timer.id);
    this.forget(own.keys.get(timer.id) as number, timer);
    own.keys.delete(timer.id);
  }

  /** The process has ended, or runs another program. */
  dropAll(caller: TaskId): void {
    const process = this.kernel.attribute(caller, ATTRIBUTE.process);
    const own = this.state.processes.get(process);
    if (own === undefined) return;
    for (const key of own.keys.values()) {
      const timer = this.state.timers.get(key);
      if (timer === undefined) continue;
      this.disarm(timer);
      this.forget(key, timer);
    }
    this.state.processes.delete(process);
  }
}
