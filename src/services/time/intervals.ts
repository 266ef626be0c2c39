/**
 * Interval timers (setitimer): at most one of each kind per process. ITIMER_REAL is a kernel timer.
 * ITIMER_VIRTUAL and ITIMER_PROF count CPU time, which no timer follows: a kernel timer is set for
 * the earliest time at which they can be due (CPU time is not faster than the clock on one hart),
 * and then looks again.
 */
import { EINVAL } from "../../abi/errno.js";
import { SI_KERNEL, SIGALRM, SIGPROF, SIGVTALRM } from "../../abi/signal.js";
import { ITIMER_PROF, ITIMER_REAL, ITIMER_VIRTUAL } from "../../abi/time.js";
import { type KernelCalls, SIGNAL_TO_PROCESS } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { processNanoseconds } from "./clocks.js";

/** A CPU timer looks at most this often. */
const POLL_NANOSECONDS_MIN = 1_000_000;
const KINDS = 3;

export interface Interval {
  process: number;
  which: number;
  /** On the timer's own clock: monotonic, or the process's CPU time. */
  dueNanoseconds: number;
  /** 0: once. */
  intervalNanoseconds: number;
  /** The kernel's timer. */
  timer: number;
}

export class Intervals {
  constructor(
    private readonly kernel: KernelCalls,
    /** By process × 3 + which. */
    private readonly intervals: Map<number, Interval>,
  ) {}

  /** @returns nanoseconds until the timer is due (≥ 1 µs while armed), 0: not armed */
  remaining(process: number, which: number): number {
    const interval = this.intervals.get(process * KINDS + which);
    if (interval === undefined) return 0;
    return Math.max(interval.dueNanoseconds - this.now(interval), 1000);
  }

  /** The timer's period in nanoseconds, 0: not armed, or once. */
  period(process: number, which: number): number {
    return this.intervals.get(process * KINDS + which)?.intervalNanoseconds ?? 0;
  }

  /** Arms (value > 0) or disarms a timer. @returns 0 or -EINVAL for an unknown kind */
  set(process: number, which: number, valueNanoseconds: number, period: number): Result {
    if (!isKind(which)) return -EINVAL;
    this.drop(process, which);
    if (valueNanoseconds === 0) return 0;
    const interval: Interval = {
      process,
      which,
      dueNanoseconds: 0,
      intervalNanoseconds: period,
      timer: 0,
    };
    interval.dueNanoseconds = this.now(interval) + valueNanoseconds;
    this.intervals.set(process * KINDS + which, interval);
    this.arm(interval);
    return 0;
  }

  private drop(process: number, which: number): void {
    const key = process * KINDS + which;
    const interval = this.intervals.get(key);
    if (interval === undefined) return;
    this.kernel.cancelTimer(interval.timer);
    this.intervals.delete(key);
  }

  /** The process has ended. */
  dropAll(process: number): void {
    for (let which = 0; which < KINDS; which++) this.drop(process, which);
  }

  private now(interval: Interval): number {
    if (interval.which === ITIMER_REAL) return this.kernel.monotonicNanoseconds();
    return processNanoseconds(this.kernel, interval.process, interval.which === ITIMER_VIRTUAL);
  }

  private arm(interval: Interval): void {
    let at = interval.dueNanoseconds;
    if (interval.which !== ITIMER_REAL) {
      const left = Math.max(at - this.now(interval), POLL_NANOSECONDS_MIN);
      at = this.kernel.monotonicNanoseconds() + left;
    }
    const key = interval.process * KINDS + interval.which;
    interval.timer = this.kernel.setTimer(at, key);
  }

  /** The kernel's timer of a key went off, or an event of a cancelled one comes late. */
  expire(key: number): void {
    const interval = this.intervals.get(key);
    if (interval === undefined) return;
    const now = this.now(interval);
    if (now >= interval.dueNanoseconds) {
      const { process, which, intervalNanoseconds: period } = interval;
      this.kernel.postSignal(SIGNAL_TO_PROCESS, process, signalOf(which), SI_KERNEL, 0, 0, 0);
      if (period === 0) {
        this.intervals.delete(key);
        return;
      }
      // Periods that nobody could see are skipped, as by hrtimer_forward.
      const missed = Math.floor((now - interval.dueNanoseconds) / period) + 1;
      interval.dueNanoseconds += missed * period;
    }
    this.kernel.cancelTimer(interval.timer);
    this.arm(interval);
  }
}

/** @returns whether Linux has such an interval timer */
export function isKind(which: number): boolean {
  return which === ITIMER_REAL || which === ITIMER_VIRTUAL || which === ITIMER_PROF;
}

function signalOf(which: number): number {
  if (which === ITIMER_REAL) return SIGALRM;
  return which === ITIMER_VIRTUAL ? SIGVTALRM : SIGPROF;
}
